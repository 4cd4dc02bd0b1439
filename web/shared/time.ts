// Server time on this machine, and the texts made from it. Walls stand in Jiangsu: always Asia/Shanghai.
import { ref } from 'vue';

const ZONE = 'Asia/Shanghai';
const format = (options: Intl.DateTimeFormatOptions) => {
  const formatter = new Intl.DateTimeFormat('zh-CN', { timeZone: ZONE, hourCycle: 'h23', ...options });
  return (at: number | string) => formatter.format(new Date(at));
};

export const clockText = format({ hour: '2-digit', minute: '2-digit', second: '2-digit' });
export const minuteText = format({ hour: '2-digit', minute: '2-digit' });
export const dayText = format({ year: 'numeric', month: 'long', day: 'numeric', weekday: 'long' });
const isoParts = new Intl.DateTimeFormat('en-CA', { timeZone: ZONE, year: 'numeric', month: '2-digit', day: '2-digit' });

/** `2026-11-22`, as the contract's Date wants it. */
export const isoDay = (at: number) => isoParts.format(new Date(at));

export function sinceText(from: string, now: number): string {
  const minutes = Math.max(0, Math.floor((now - Date.parse(from)) / 60_000));
  if (minutes < 60) return `${minutes} 分钟`;
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)} 小时 ${minutes % 60} 分`;
  return `${Math.floor(minutes / 1440)} 天`;
}

/** Milliseconds to add to this machine's clock; half of `roundTrip` is how wrong it may be. */
const offset = ref(0);
const roundTrip = ref(Infinity);

export const now = ref(Date.now());
export const serverNow = () => Date.now() + offset.value;
export const clockError = () => roundTrip.value / 2;

/** The sample with the shortest round trip wins; each older one loses trust with time, for clocks drift. */
export function learnTime(sentAt: number, serverTime: string, receivedAt: number): void {
  const trip = receivedAt - sentAt;
  if (trip > roundTrip.value * 1.5) {
    roundTrip.value *= 1.2;
    return;
  }
  roundTrip.value = trip;
  offset.value = Date.parse(serverTime) - (sentAt + receivedAt) / 2;
}

export function startClock(): () => void {
  let timer: ReturnType<typeof setTimeout>;
  const tick = () => {
    now.value = serverNow();
    timer = setTimeout(tick, 1_000 - (now.value % 1_000));
  };
  tick();
  return () => clearTimeout(timer);
}
