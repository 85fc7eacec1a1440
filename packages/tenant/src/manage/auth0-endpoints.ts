// Operations of Auth0's Management API v2 that this tenant does not have, as node-auth0 7.1 calls them.
const text = `
GET,POST /actions/actions
GET /actions/actions/{action_id}/versions
GET /actions/actions/{action_id}/versions/{id}
POST /actions/actions/{action_id}/versions/{id}/deploy
GET,PATCH,DELETE /actions/actions/{id}
POST /actions/actions/{id}/deploy
POST /actions/actions/{id}/test
GET /actions/executions/{id}
GET,POST /actions/modules
GET,PATCH,DELETE /actions/modules/{id}
GET /actions/modules/{id}/actions
POST /actions/modules/{id}/rollback
GET,POST /actions/modules/{id}/versions
GET /actions/modules/{id}/versions/{version_id}
GET /actions/triggers
GET,PATCH /actions/triggers/{trigger_id}/bindings
GET,POST /agents
GET,PATCH,DELETE /agents/{id}
GET,DELETE /anomaly/blocks/ips/{id}
GET,PATCH /attack-protection/bot-detection
GET,PATCH /attack-protection/breached-password-detection
GET,PATCH /attack-protection/brute-force-protection
GET,PATCH /attack-protection/captcha
GET,PATCH /attack-protection/phone-provider-protection
GET,PATCH /attack-protection/suspicious-ip-throttling
GET,PATCH /branding
GET,POST /branding/phone/providers
GET,PATCH,DELETE /branding/phone/providers/{id}
POST /branding/phone/providers/{id}/try
GET,POST /branding/phone/templates
GET,PATCH,DELETE /branding/phone/templates/{id}
PATCH /branding/phone/templates/{id}/reset
POST /branding/phone/templates/{id}/try
GET,PUT,DELETE /branding/templates/universal-login
POST /branding/themes
GET /branding/themes/default
GET,PATCH,DELETE /branding/themes/{theme_id}
POST /clients/cimd/preview
POST /clients/cimd/register
GET /clients/search
GET /clients/{id}/connections
GET,POST /connection-profiles
GET /connection-profiles/templates
GET /connection-profiles/templates/{id}
GET,PATCH,DELETE /connection-profiles/{id}
POST /connections
GET /connections-directory-provisionings
GET /connections-scim-configurations
GET,PATCH,DELETE /connections/{id}
GET,PATCH /connections/{id}/clients
GET,POST,PATCH,DELETE /connections/{id}/directory-provisioning
GET /connections/{id}/directory-provisioning/default-mapping
POST /connections/{id}/directory-provisioning/synchronizations
GET,POST,PUT,DELETE /connections/{id}/directory-provisioning/synchronized-groups
GET,POST /connections/{id}/keys
POST /connections/{id}/keys/rotate
GET,POST,PATCH,DELETE /connections/{id}/scim-configuration
GET /connections/{id}/scim-configuration/default-mapping
GET,POST /connections/{id}/scim-configuration/tokens
DELETE /connections/{id}/scim-configuration/tokens/{token_id}
GET /connections/{id}/status
DELETE /connections/{id}/users
GET,POST /custom-domains
GET,PATCH /custom-domains/default
GET,PATCH,DELETE /custom-domains/{id}
POST /custom-domains/{id}/test
POST /custom-domains/{id}/verify
GET,POST /device-credentials
DELETE /device-credentials/{id}
POST /email-templates
GET,PUT,PATCH /email-templates/{template_name}
GET,POST,PATCH,DELETE /emails/provider
GET,POST /event-streams
GET,PATCH,DELETE /event-streams/{id}
GET /event-streams/{id}/deliveries
GET /event-streams/{id}/deliveries/{event_id}
POST /event-streams/{id}/redeliver
POST /event-streams/{id}/redeliver/{event_id}
POST /event-streams/{id}/test
GET /events
POST /experimentation/experiments/{id}/advance-ramp
GET,POST /flows
GET,POST /flows/vault/connections
GET,PATCH,DELETE /flows/vault/connections/{id}
GET /flows/{flow_id}/executions
GET,DELETE /flows/{flow_id}/executions/{execution_id}
GET,PATCH,DELETE /flows/{id}
GET,POST /forms
GET,PATCH,DELETE /forms/{id}
GET,DELETE /grants
DELETE /grants/{id}
GET /groups
GET,DELETE /groups/{id}
GET /groups/{id}/members
GET,POST,DELETE /groups/{id}/roles
POST /guardian/enrollments/ticket
GET,DELETE /guardian/enrollments/{id}
GET /guardian/factors
GET,PUT,PATCH /guardian/factors/duo/settings
GET,PUT /guardian/factors/email/settings
GET,PUT /guardian/factors/phone/message-types
GET,PUT /guardian/factors/phone/providers/twilio
GET,PUT /guardian/factors/phone/selected-provider
GET,PUT /guardian/factors/phone/settings
GET,PUT /guardian/factors/phone/templates
GET,PUT,PATCH /guardian/factors/push-notification/providers/apns
PUT,PATCH /guardian/factors/push-notification/providers/fcm
PUT,PATCH /guardian/factors/push-notification/providers/fcmv1
GET,PUT,PATCH /guardian/factors/push-notification/providers/sns
GET,PUT /guardian/factors/push-notification/selected-provider
GET,PUT /guardian/factors/sms/providers/twilio
GET,PUT /guardian/factors/sms/selected-provider
GET,PUT /guardian/factors/sms/templates
PUT /guardian/factors/{name}
GET,PUT /guardian/policies
GET,PUT /guardian/settings
GET,POST /hooks
GET,PATCH,DELETE /hooks/{id}
GET,POST,PATCH,DELETE /hooks/{id}/secrets
POST /jobs/users-exports
POST /jobs/users-imports
POST /jobs/verification-email
GET /jobs/{id}
GET /jobs/{id}/errors
GET,PUT,DELETE /keys/custom-signing
GET,POST /keys/encryption
POST /keys/encryption/rekey
GET,POST,DELETE /keys/encryption/{kid}
POST /keys/encryption/{kid}/wrapping-key
GET,POST /keys/network-acls
GET,DELETE /keys/network-acls/{id}
GET,POST /log-streams
GET,PATCH,DELETE /log-streams/{id}
GET,POST /network-acls
GET,PUT,PATCH,DELETE /network-acls/{id}
GET /organizations/search
POST,DELETE /organizations/{id}/clients
GET,PATCH /organizations/{id}/clients/{client_id}
POST /organizations/{id}/connections
GET,PATCH,DELETE /organizations/{id}/connections/{connection_id}
POST /organizations/{id}/discovery-domains
GET /organizations/{id}/discovery-domains/name/{discovery_domain}
GET,PATCH,DELETE /organizations/{id}/discovery-domains/{discovery_domain_id}
POST /organizations/{id}/enabled_connections
GET,PATCH,DELETE /organizations/{id}/enabled_connections/{connection_id}
GET,POST /organizations/{id}/invitations
GET,DELETE /organizations/{id}/invitations/{invitation_id}
GET,POST,DELETE /organizations/{id}/members
GET /organizations/{id}/members/{user_id}/effective-roles
GET /organizations/{id}/members/{user_id}/effective-roles/sources/groups
GET,POST,DELETE /organizations/{id}/members/{user_id}/roles
GET /organizations/{id}/organization-templates
PUT,DELETE /organizations/{id}/organization-templates/{template_id}
GET /organizations/{id}/roles/{role_id}/members
GET /organizations/{organization_id}/groups
GET,POST,DELETE /organizations/{organization_id}/groups/{group_id}/roles
GET /organizations/{organization_id}/roles/{role_id}/groups
GET,PATCH /prompts
GET,PATCH /prompts/rendering
GET,PUT /prompts/{prompt}/custom-text/{language}
GET,PUT /prompts/{prompt}/partials
GET,PATCH /prompts/{prompt}/screen/{screen}/rendering
GET,POST /rate-limit-policies
GET,PATCH,DELETE /rate-limit-policies/{id}
GET /refresh-tokens
POST /refresh-tokens/revoke
GET,PATCH,DELETE /refresh-tokens/{id}
GET /resource-servers/search
GET,PATCH /risk-assessments/settings
GET,PATCH /risk-assessments/settings/new-device
GET,POST /roles
GET,PATCH,DELETE /roles/{id}
GET,POST,DELETE /roles/{id}/groups
GET,POST,DELETE /roles/{id}/permissions
GET,POST /roles/{id}/users
GET,POST /rules
GET /rules-configs
PUT,DELETE /rules-configs/{key}
GET,PATCH,DELETE /rules/{id}
GET,POST /self-service-profiles
GET,PATCH,DELETE /self-service-profiles/{id}
GET,PUT /self-service-profiles/{id}/custom-text/{language}/{page}
POST /self-service-profiles/{id}/sso-ticket
POST /self-service-profiles/{profile_id}/sso-ticket/{id}/revoke
GET,PATCH,DELETE /sessions/{id}
POST /sessions/{id}/revoke
GET,PATCH /supplemental-signals
POST /tickets/email-verification
POST /tickets/password-change
GET,POST /token-exchange-profiles
GET,PATCH,DELETE /token-exchange-profiles/{id}
GET,POST /user-attribute-profiles
GET /user-attribute-profiles/templates
GET /user-attribute-profiles/templates/{id}
GET,PATCH,DELETE /user-attribute-profiles/{id}
GET,DELETE /user-blocks
GET,DELETE /user-blocks/{id}
GET,POST /users
GET /users-by-email
GET,PATCH,DELETE /users/{id}
GET,POST,PUT,DELETE /users/{id}/authentication-methods
GET,PATCH,DELETE /users/{id}/authentication-methods/{authentication_method_id}
DELETE /users/{id}/authenticators
GET /users/{id}/connected-accounts
GET /users/{id}/effective-permissions
GET /users/{id}/effective-permissions/sources/effective-roles
GET /users/{id}/effective-roles
GET /users/{id}/effective-roles/sources/groups
GET /users/{id}/enrollments
GET /users/{id}/groups
POST /users/{id}/identities
DELETE /users/{id}/identities/{provider}/{user_id}
GET /users/{id}/logs
POST /users/{id}/multifactor/actions/invalidate-remember-browser
DELETE /users/{id}/multifactor/{provider}
GET /users/{id}/organizations
GET,POST,DELETE /users/{id}/permissions
POST /users/{id}/recovery-code-regeneration
POST /users/{id}/revoke-access
POST /users/{id}/risk-assessments/clear
GET,POST,DELETE /users/{id}/roles
GET,DELETE /users/{user_id}/refresh-tokens
GET,DELETE /users/{user_id}/sessions
GET,POST /verifiable-credentials/verification/templates
GET,PATCH,DELETE /verifiable-credentials/verification/templates/{id}
`;

/** One path of the service and the methods that this tenant does not have there. */
export interface AbsentEndpoint {
  readonly methods: readonly string[];
  readonly path: string;
}

/** What of the service this tenant does not have. */
export const absentEndpoints: readonly AbsentEndpoint[] = text
  .trim()
  .split('\n')
  .map((line) => {
    const [methods = '', path = ''] = line.split(' ');
    return { methods: methods.split(','), path };
  });

/** Whether the service has `method` at `path` (below `/api/v2`) and this tenant does not. */
export function isAbsentEndpoint(method: string, path: string): boolean {
  const steps = path.split('/');
  return absentEndpoints.some((endpoint) => endpoint.methods.includes(method) && matches(endpoint.path.split('/'), steps));
}

function matches(pattern: readonly string[], steps: readonly string[]): boolean {
  return pattern.length === steps.length && pattern.every((step, at) => step.startsWith('{') || step === steps[at]);
}
