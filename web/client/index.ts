// Everything a page needs, from one place.
export { browser, browserTransport } from './browser';
export { followCases, followEvents, type Follower } from './follow';
export { createIntents, newKey, verdictOf, type Answer, type Input, type Outcome, type Payload, type UserError, type Verdict } from './intents';
export { backoff, type LinkState, type Live, type Sink, type WayName } from './live';
export { miniProgram, miniProgramStore, miniProgramTransport, type Wx } from './mini';
export { openOutbox, type Entry, type EntryState, type KeptPicture, type Outbox, type OutboxOptions, type Picture, type Task } from './outbox';
export { pause, type Call, type Platform, type Reply } from './platform';
export { applyCaseEvent, snapshot, type Bound, type CaseEventLike, type CaseLike, type CasesState } from './reducer';
export { browserStore, indexedStore, memoryStore, shelfStore, type Shelf, type Store } from './store';
export { createTokens, subjectOf, tokensOf, type Tokens } from './tokens';
export { createTransport, Failure, type ErrorEntry, type Transport, type TransportOptions, type TypedDocument } from './transport';
export type { Http } from './http';
export { followValue } from './values';
