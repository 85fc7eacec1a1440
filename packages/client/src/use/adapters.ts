export { authorizationHeaders } from './authorization-headers.ts';
export { type AxiosConfig, type AxiosLike, type AxiosResponse, authorizeAxios } from './authorize-axios.ts';
export {
  createKeptTokenAuth,
  type KeptTokenAuth,
  type KeptTokenAuthentication,
  type OctokitEndpoint,
  type OctokitRequest,
} from './octokit-auth.ts';
export type { PatientOptions } from './patience.ts';
export type { GivenToken, TokenGiver } from './token-giver.ts';
export {
  tokenInterceptor,
  type UndiciController,
  type UndiciDispatch,
  type UndiciHandler,
  type UndiciOptions,
} from './token-interceptor.ts';
export { tokenSupplier } from './token-supplier.ts';
export { withDispatcher } from './with-dispatcher.ts';
