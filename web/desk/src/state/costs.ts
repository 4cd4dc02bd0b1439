// 费用: what outsourcing cost a division or a department in a period, as settled. The server says who may see it.
import { barPercent } from '@shared/bars';
import { sumOf, type Cents } from '@shared/money';
import { isoDay, now } from '@shared/time';
import { computed, reactive, watch } from 'vue';
import { CostsDocument, type CostsQuery } from '../generated/graphql';
import { createCalm } from './calm';
import { viewer } from './desk';
import { transport } from './server';

export type Report = NonNullable<CostsQuery['costReport']>;

export interface Spent {
  orders: number;
  agreedCents: Cents;
  deductedCents: Cents;
  settledCents: Cents;
}

/** A line of a table of costs. */
export interface CostLine extends Spent {
  key: string;
  name: string;
  about: string;
  /** Beside the largest of the table, 0 to 100. */
  bar: number;
}

export const PERIODS = [
  { key: 'month', zh: '本月', en: 'This month' },
  { key: 'last-month', zh: '上月', en: 'Last month' },
  { key: 'year', zh: '今年', en: 'This year' },
  { key: 'last-year', zh: '去年', en: 'Last year' },
  { key: 'twelve', zh: '近十二个月', en: 'Twelve months' },
  { key: 'own', zh: '自定', en: 'Other' },
] as const;
export type PeriodKey = (typeof PERIODS)[number]['key'];

export interface Period {
  from: string;
  to: string;
}

const LONGEST_DAYS = 366;
const DAY_MS = 86_400_000;
const day = (year: number, month: number, date: number) => new Date(Date.UTC(year, month, date)).toISOString().slice(0, 10);

/** First and last day of a choice; `today` is the local day. Pure. */
export function periodOf(key: PeriodKey, today: string, own: Period): Period {
  const year = Number(today.slice(0, 4));
  const month = Number(today.slice(5, 7)) - 1;
  switch (key) {
    case 'month':
      return { from: day(year, month, 1), to: today };
    case 'last-month':
      return { from: day(year, month - 1, 1), to: day(year, month, 0) };
    case 'year':
      return { from: day(year, 0, 1), to: today };
    case 'last-year':
      return { from: day(year - 1, 0, 1), to: day(year - 1, 11, 31) };
    case 'twelve':
      return { from: day(year, month - 11, 1), to: today };
    case 'own':
      return { ...own };
  }
}

/** Why a period cannot be asked for; null where it can. Pure. */
export function wrongWith({ from, to }: Period): string | null {
  if (!from || !to) return '请选择起止日期。';
  if (from > to) return '起始日期不能晚于截止日期。';
  return (Date.parse(to) - Date.parse(from)) / DAY_MS >= LONGEST_DAYS ? `最长只能查看 ${LONGEST_DAYS} 天。` : null;
}

/** Lines, and one for what is not among them, so that a table adds up to its total. Pure. */
export function withRest(lines: readonly Omit<CostLine, 'bar'>[], count: number, total: Spent): CostLine[] {
  const largest = lines.reduce((most, { settledCents }) => (BigInt(settledCents) > most ? BigInt(settledCents) : most), 0n);
  const shown = lines.map((line) => ({ ...line, bar: barPercent(line.settledCents, largest) }));
  if (count <= lines.length) return shown;
  const left = (kind: 'agreedCents' | 'deductedCents' | 'settledCents') => BigInt(total[kind]) - sumOf(lines.map((line) => line[kind]));
  const orders = total.orders - lines.reduce((sum, line) => sum + line.orders, 0);
  const rest = { key: 'rest', name: `其余 ${count - lines.length} 项`, about: '', orders, agreedCents: left('agreedCents'), deductedCents: left('deductedCents'), settledCents: left('settledCents'), bar: 0 };
  return [...shown, rest];
}

const monthName = (first: string) => `${first.slice(0, 4)}年${Number(first.slice(5, 7))}月`;
const isWhole = (first: string, last: string) => first.endsWith('-01') && last === day(Number(first.slice(0, 4)), Number(first.slice(5, 7)), 0);

/** A month that the period cuts says from when until when. Pure. */
export const monthLines = ({ months, total }: Report): CostLine[] =>
  withRest(months.map((one) => ({ ...one, key: one.first, name: monthName(one.first), about: isWhole(one.first, one.last) ? '' : `${Number(one.first.slice(8))} 日至 ${Number(one.last.slice(8))} 日` })), months.length, total);

export const itemLines = ({ items, itemCount, total }: Report): CostLine[] =>
  withRest(items.map((one) => ({ ...one, key: one.catalogueItem?.id ?? '', name: one.catalogueItem?.minorName ?? '目录之前的任务', about: one.catalogueItem ? `${one.catalogueItem.middleName} · ${one.catalogueItem.code}` : '' })), itemCount, total);

export const providerLines = ({ providers, providerCount, total }: Report, kindOf: (kind: string) => string): CostLine[] =>
  withRest(providers.map((one) => ({ ...one, key: one.serviceProvider.id, name: one.serviceProvider.name, about: kindOf(one.serviceProvider.kind) })), providerCount, total);

export const asked = reactive({ key: 'month' as PeriodKey, own: { from: '', to: '' }, department: null as string | null });
const today = computed(() => isoDay(now.value));
export const period = computed(() => periodOf(asked.key, today.value, asked.own));
export const wrong = computed(() => wrongWith(period.value));

/** Whoever chooses days themselves begins with those they were looking at. */
export function choosePeriod(key: PeriodKey): void {
  if (key === 'own' && asked.key !== 'own') asked.own = { ...period.value };
  asked.key = key;
}

/** Somebody of a unit has no place: theirs are the costs of the unit they name. */
const place = computed(() => viewer.value?.division?.id ?? null);
watch(place, () => (asked.department = null));
export const isUnnamed = computed(() => !place.value && !asked.department);
const question = computed(() => JSON.stringify([place.value, asked.department, period.value]));

/** With what it answers: figures never stand under another period's name. */
const found = createCalm(async () => {
  const answers = question.value;
  if (wrong.value || isUnnamed.value) return undefined;
  const { costReport } = await transport.query(CostsDocument, { division: place.value, department: asked.department, ...period.value });
  return { answers, report: costReport ?? null };
});
watch(question, () => void found.read());

/** Undefined until the server has spoken; null where the viewer may not read it. */
export const report = computed(() => (found.value.value?.answers === question.value ? found.value.value.report : undefined));
export const watchCosts = found.watch;
