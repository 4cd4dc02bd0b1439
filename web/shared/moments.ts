// Moments as a clerk reads them: the time where it is today, else with the day. Always Asia/Shanghai.
import { isoDay, minuteText, serverNow } from './time';

export function momentText(at: string): string {
  const day = isoDay(Date.parse(at));
  const today = isoDay(serverNow());
  if (day === today) return minuteText(at);
  return `${day.slice(0, 4) === today.slice(0, 4) ? day.slice(5) : day} ${minuteText(at)}`;
}

/** As a `datetime-local` field wants it, in Asia/Shanghai wherever the machine stands. */
export const inputMoment = (at: number) => `${isoDay(at)}T${minuteText(at)}`;
