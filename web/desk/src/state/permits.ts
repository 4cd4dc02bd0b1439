// 准入: what departments ask grids to be given, who has to say something about it, and what was refused for lack of it.
import { isoDay, serverNow } from '@shared/time';
import { PermissionsDocument, RefusalsDocument, type PermissionFragment } from '../generated/graphql';
import { createCalm } from './calm';
import { viewer } from './desk';
import { transport } from './server';

export type Permission = PermissionFragment;

const WAITS = ['APPROVED', 'PENDING'];
const WEEK_MS = 6 * 86_400_000;

/** What waits for a word first, an emergency that should have been reviewed before all. Pure. */
export const byNeed = (list: readonly Permission[]): Permission[] =>
  [...list].sort(
    (a, b) => Number(b.isReviewOverdue) - Number(a.isReviewOverdue) || Number(WAITS.includes(b.state)) - Number(WAITS.includes(a.state)) || (a.appliedAt < b.appliedAt ? 1 : -1),
  );

export const permissions = createCalm(async () => byNeed((await transport.query(PermissionsDocument, {})).permitApplications.edges.map(({ node }) => node)));

/** Of the last seven days, today included; null where the viewer reads no figures. */
export const refusals = createCalm(async () => {
  const division = viewer.value?.division?.id;
  if (!division) return null;
  const answer = await transport.query(RefusalsDocument, { division, from: isoDay(serverNow() - WEEK_MS), to: isoDay(serverNow()) });
  return answer.permitRefusals ?? null;
});
