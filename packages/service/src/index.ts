export { type CertificateFiles, openCertificateFiles } from './certificate-files.ts';
export { askControlSocket, type ControlAnswer, type ControlRequest, openControlSocket } from './control-socket.ts';
export { letStream } from './incoming-bodies.ts';
export { isoTimeOf } from './iso-time.ts';
export { judgeListenAddress } from './judge-address.ts';
export { Lifecycle } from './lifecycle.ts';
export { linesOfTurn } from './lines-of-turn.ts';
export {
  formatListenAddress,
  type ListenAddress,
  longestSocketPath,
  parseListenAddress,
  remoteProblemOf,
  type SocketAddress,
  type WebAddress,
} from './listen-address.ts';
export type { ListenerOptions } from './listener.ts';
export { type Listeners, openListeners } from './listeners.ts';
export { type CertificatePaths, LiveCertificate } from './live-certificate.ts';
export { type LocalCa, openLocalCa } from './local-ca.ts';
export { createLog, type Log } from './log.ts';
export { giveBackMemoryAtRest, type MemoryReadings } from './memory-at-rest.ts';
export { type PageFiles, readPageFiles } from './pages/page-files.ts';
export type { PageSessionLimits } from './pages/page-sessions.ts';
export { PageSite, type PageSiteOptions } from './pages/page-site.ts';
export { readPrivateFile } from './private-file.ts';
export type { RefusedRequest } from './refused-requests.ts';
export { openRegularFile, readRegularFile } from './regular-file.ts';
export { type FileRights, linkFile, removeLeftovers, replaceFile, writeBeside } from './replace-file.ts';
export { ServiceError, type ServiceErrorCode, systemCodeOf } from './service-error.ts';
export { openServiceNotifier, type ServiceNotifier } from './service-notifier.ts';
export { type SetTimer, systemSetTimer, type Timer } from './set-timer.ts';
export { openStateFolder, privateKeyFile, type StateFolder } from './state-folder.ts';
export { stopOnSignals } from './stop-on-signals.ts';
export { findSystemEntry, type SystemEntry } from './system-entry.ts';
export { atTurnEnd } from './turn-end.ts';
