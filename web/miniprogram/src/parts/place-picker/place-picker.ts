// Where it is: here, on a map, one of the app's grids, or whatever a search finds.
import type { Place } from '@core/report';
import { GridsDocument, PlacesDocument } from '@documents';
import { now, say, sentenceOf } from '../../lib/city';
import { fromGcj02 } from '../../lib/coordinates';
import { known } from '../../lib/known';
import { keeper, screen } from '../../lib/screen';

const FEW = 30; // more grids are searched for
interface Grid {
  id: string;
  name: string;
  division: { name: string };
}
const nameOf = ({ name, division }: Grid) => (name.startsWith(division.name) ? name : `${division.name.replace(/居委会|村委会$/, '')} ${name}`);
const offered = (grids: readonly Grid[]) => grids.map((one) => ({ id: one.id, name: nameOf(one) }));
const own = keeper(() => ({ asked: 0, isFilled: '' }));
type Tap = { currentTarget: { dataset: Record<string, string> } };

Component({
  behaviors: [screen('place')],
  properties: { place: { type: Object, value: {} } },
  data: {
    chosen: '', isChanging: false, isLocating: false, isDenied: false, trouble: '', text: '',
    grids: [] as ReturnType<typeof offered>, found: [] as { id: string; name: string; count: number }[], isNothing: false,
  },
  observers: {
    place() {
      this.draw();
    },
  },
  methods: {
    draw() {
      const { grid, point } = (this.data.place ?? {}) as Place;
      const metres = point?.metres ? say(`（误差约 ${point.metres} 米）`, ` (about ${point.metres} m)`) : '';
      this.setData({ chosen: grid?.name ?? (point ? `${say('当前位置', 'Where I am')}${metres}` : '') });
      this.offer();
    },
    /** The grids of the app, as soon as it is known. */
    offer() {
      const division = now.app?.division;
      const it = own(this);
      if (!division || it.isFilled === division.id || division.gridCount > FEW) return;
      it.isFilled = division.id;
      known(GridsDocument, { division: division.id }, ({ grids }) => this.setData({ grids: offered(grids.edges.map(({ node }) => node)) }));
    },
    placed(place: Place) {
      this.setData({ isChanging: false, isDenied: false, trouble: '' });
      this.triggerEvent('placed', place);
    },
    change() {
      this.setData({ isChanging: true });
    },
    choose({ currentTarget }: Tap) {
      const found = this.data.grids.find(({ id }) => id === currentTarget.dataset['id']);
      if (found) this.placed({ grid: { ...found } });
    },
    locate() {
      if (this.data.isLocating) return;
      this.setData({ isLocating: true, isDenied: false });
      wx.getLocation({
        type: 'wgs84',
        isHighAccuracy: true,
        success: ({ longitude, latitude, accuracy }) => this.placed({ point: { longitude, latitude, metres: Math.round(accuracy) } }),
        fail: () => this.setData({ isDenied: true }),
        complete: () => this.setData({ isLocating: false }),
      });
    },
    onMap() {
      wx.chooseLocation({
        success: ({ longitude, latitude }) => this.placed({ point: { ...fromGcj02({ longitude: Number(longitude), latitude: Number(latitude) }), metres: 10 } }),
        fail: ({ errMsg }) => {
          if (!/cancel/.test(errMsg)) this.setData({ isDenied: true });
        },
      });
    },
    allow: () => void wx.openSetting({}),
    write({ detail }: { detail: { value: string } }) {
      this.data.text = detail.value; // not drawn: the field has it already
    },
    async search() {
      const text = this.data.text.trim();
      if (!text || !now.resident) return;
      const it = own(this);
      const mine = ++it.asked;
      this.setData({ trouble: '', isNothing: false });
      try {
        const { divisions } = await now.resident.query(PlacesDocument, { under: now.app?.division.id ?? null, text: text.slice(0, 60) });
        if (mine !== it.asked) return;
        const found = divisions.edges.map(({ node }) => node).filter(({ gridCount }) => gridCount > 0);
        this.setData({ found: found.map(({ id, fullName, gridCount }) => ({ id, name: fullName, count: gridCount })), isNothing: !found.length });
      } catch (error) {
        if (mine === it.asked) this.setData({ trouble: sentenceOf(error) });
      }
    },
    async enter({ currentTarget }: Tap) {
      try {
        const { grids } = await now.resident!.query(GridsDocument, { division: currentTarget.dataset['id']! });
        this.setData({ grids: offered(grids.edges.map(({ node }) => node)), found: [] });
      } catch (error) {
        this.setData({ trouble: sentenceOf(error) });
      }
    },
  },
});
