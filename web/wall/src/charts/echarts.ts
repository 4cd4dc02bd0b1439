// Only the parts of ECharts this wall draws with.
import { BarChart } from 'echarts/charts';
import { AriaComponent, GridComponent, LegendComponent } from 'echarts/components';
import { init, use } from 'echarts/core';
import { CanvasRenderer } from 'echarts/renderers';

use([BarChart, GridComponent, LegendComponent, AriaComponent, CanvasRenderer]);

export { init };
export type { ECharts } from 'echarts/core';
