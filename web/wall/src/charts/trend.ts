// The option of the fourteen-day chart. Sizes come in rem, for a canvas knows none.

import type { ECBasicOption } from 'echarts/types/dist/shared';

export interface TrendDay {
  label: string;
  submitted: number;
  closed: number;
}

export function trendOption(days: readonly TrendDay[], rem: number): ECBasicOption {
  const words = { color: '#9db2cc', fontSize: 0.9 * rem };
  return {
    animation: false,
    aria: { enabled: true },
    grid: { left: 0.2 * rem, right: 0.6 * rem, top: 2 * rem, bottom: 0, containLabel: true },
    legend: { top: 0, right: 0, itemWidth: rem, itemHeight: 0.6 * rem, textStyle: words },
    xAxis: {
      type: 'category',
      data: days.map(({ label }) => label),
      axisLabel: { ...words, interval: Math.ceil(days.length / 7) - 1 },
      axisTick: { show: false },
      axisLine: { lineStyle: { color: '#20344f' } },
    },
    yAxis: { type: 'value', splitNumber: 3, minInterval: 1, axisLabel: words, splitLine: { lineStyle: { color: '#1a2b44' } } },
    series: [
      series('上报', days.map(({ submitted }) => submitted), '#2c6a9e', rem),
      series('结案', days.map(({ closed }) => closed), '#3fae8c', rem),
    ],
  };
}

/** The last day is today and not over yet: hollow, so that nobody reads it as a fall. */
function series(name: string, values: readonly number[], color: string, rem: number): object {
  const last = values.length - 1;
  const hollow = { color: `${color}55`, borderColor: color, borderWidth: 0.1 * rem, borderType: 'dashed' };
  return {
    name,
    type: 'bar',
    barGap: '10%',
    barCategoryGap: '35%',
    itemStyle: { color },
    data: values.map((value, n) => (n === last ? { value, itemStyle: hollow } : value)),
  };
}
