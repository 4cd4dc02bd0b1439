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
    yAxis: { type: 'value', splitNumber: 3, axisLabel: words, splitLine: { lineStyle: { color: '#1a2b44' } } },
    series: [
      {
        name: '上报',
        type: 'bar',
        data: days.map(({ submitted }) => submitted),
        barWidth: '55%',
        itemStyle: { color: '#2c6a9e', borderRadius: [0.12 * rem, 0.12 * rem, 0, 0] },
      },
      {
        name: '结案',
        type: 'line',
        data: days.map(({ closed }) => closed),
        symbolSize: 0.4 * rem,
        lineStyle: { color: '#4fd0a8', width: 0.18 * rem },
        itemStyle: { color: '#4fd0a8' },
      },
    ],
  };
}
