// 议事: what divisions ask their people, and whether those who took part were answered in time.
import { followValue } from '@client/values';
import { computed, shallowRef, watch } from 'vue';
import {
  ConsultationAtDocument, ConsultationProgressDocument, ConsultationsDocument, ConsultationVoicesDocument, OverdueConsultationsDocument,
  type AskingFragment, type AskingsFragment, type ConsultationAtQuery, type ConsultationsQuery, type ConsultationVoicesQuery,
} from '../generated/graphql';
import { createCalm } from './calm';
import { may, viewer } from './desk';
import { failed, live, transport } from './server';

export type Asking = AskingFragment;
export type Asked = NonNullable<ConsultationAtQuery['consultation']>;
export type Voice = NonNullable<NonNullable<ConsultationVoicesQuery['consultation']>['voices']>['edges'][number];

export interface Group {
  key: 'overdue' | 'closed' | 'open' | 'planned' | 'answered' | 'withdrawn';
  zh: string;
  list: readonly Asking[];
  total: number;
}

const COUNT_MS = 60_000;
const CALM_MS = 15_000;

/** The server's word, or its date once that has passed while no news came. Pure. */
export const isLate = ({ isOverdue, state, answerBy }: Pick<Asking, 'isOverdue' | 'state' | 'answerBy'>, at: number): boolean =>
  isOverdue || (state === 'CLOSED' && Date.parse(answerBy) < at);

/** What is due first stands first where something is due; else the newest. Only the overdue ones where that is asked. Pure. */
export function groupsOf(all: ConsultationsQuery, onlyOverdue: boolean): Group[] {
  const group = (key: Group['key'], zh: string, { edges, totalCount }: AskingsFragment, due?: 'answerBy' | 'closesAt' | 'opensAt'): Group => {
    const list = edges.map(({ node }) => node);
    return { key, zh, total: totalCount, list: due ? list.sort((a, b) => (a[due] < b[due] ? -1 : 1)) : list };
  };
  const groups = onlyOverdue
    ? [group('overdue', '逾期未答复', all.overdue, 'answerBy')]
    : [
        group('closed', '待答复', all.closed, 'answerBy'),
        group('open', '征集中', all.open, 'closesAt'),
        group('planned', '未开始', all.planned, 'opensAt'),
        group('answered', '已答复', all.answered),
        group('withdrawn', '已撤回', all.withdrawn),
      ];
  return groups.filter(({ list }) => list.length);
}

/** Who asks and answers, as far as roles tell; the server knows for certain. */
export const mayAsk = computed(() => viewer.value?.division != null && may('COMMANDER', 'SHIFT_LEADER', 'COMMUNITY_WORKER'));

const home = () => viewer.value?.division?.id ?? null;
export const consultations = createCalm(async () => {
  const division = home();
  return division ? transport.query(ConsultationsDocument, { division }) : null;
});
const counted = createCalm(async () => {
  const division = home();
  return division ? (await transport.query(OverdueConsultationsDocument, { division })).consultations.overdueCount : undefined;
});
export const overdueCount = counted.value;

/** Which one is looked at, and how it stands. */
export const looked = shallowRef<string | null>(null);
export const one = shallowRef<Asked | null>(null);
/** What people said, page after page; null until the first one is read, or where it is not the viewer's to read. */
export const voices = shallowRef<{ list: readonly Voice[]; next: string | null } | null>(null);

export async function readOne(): Promise<void> {
  const id = looked.value;
  if (!id) return;
  try {
    const { consultation } = await transport.query(ConsultationAtDocument, { id });
    if (looked.value === id && (consultation?.version ?? 0) >= (one.value?.version ?? 0)) one.value = consultation ?? null;
  } catch (error) {
    failed(error);
  }
}

export async function readVoices(): Promise<void> {
  const id = looked.value;
  const known = voices.value;
  if (!id) return;
  try {
    const { consultation } = await transport.query(ConsultationVoicesDocument, { id, after: known?.next ?? null });
    const page = consultation?.voices;
    if (page && looked.value === id && voices.value === known)
      voices.value = { list: [...(known?.list ?? []), ...page.edges], next: page.pageInfo.hasNextPage ? (page.pageInfo.endCursor ?? null) : null };
  } catch (error) {
    failed(error);
  }
}

watch(looked, () => {
  one.value = null;
  voices.value = null;
  void readOne();
  void readVoices();
});

let watching = 0;
/** Kept true while somebody looks: states change with time, too, and no stream tells of that. */
export function watchConsultations(): () => void {
  watching++;
  const ends = [consultations.watch(), counted.watch()];
  const timer = setInterval(() => void readOne(), CALM_MS);
  return () => {
    watching--;
    ends.forEach((end) => end());
    clearInterval(timer);
  };
}

export function readAgain(): void {
  void counted.read();
  if (!watching) return;
  void consultations.read();
  void readOne();
}

let stops: (() => void)[] = [];
watch(viewer, (mine) => {
  stops.forEach((stop) => stop());
  stops = [];
  const division = mine?.division?.id;
  if (!division) return;
  stops.push(counted.watch(COUNT_MS));
  if (mayAsk.value) stops.push(followValue(live, ConsultationProgressDocument, { division }, readAgain));
  if (watching) readAgain();
});
