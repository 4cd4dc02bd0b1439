// What a field of an action may be chosen from: the provider's own crews. Read once, kept for hours without a line.
import { shallowRef, watch } from 'vue';
import { CrewsDocument } from '../generated/graphql';
import { provider } from './orders';
import { failed, transport } from './server';

export interface Choice {
  value: string;
  zh: string;
}

const KEY = 'gridcast.provider-crews';
const crews = shallowRef<readonly Choice[]>(JSON.parse(localStorage.getItem(KEY) ?? '[]') as Choice[]);

watch(
  () => provider.value?.id,
  async (id) => {
    if (!id) return;
    try {
      const { node } = await transport.query(CrewsDocument, { id });
      if (!node || !('crews' in node)) return;
      crews.value = node.crews.filter(({ isActive }) => isActive).map((one) => ({ value: one.id, zh: one.name }));
      localStorage.setItem(KEY, JSON.stringify(crews.value));
    } catch (error) {
      failed(error);
    }
  },
  { immediate: true },
);

/** Null where it is typed in. */
export const choicesFor = (field: string): readonly Choice[] | null => (/crew/i.test(field) ? crews.value : null);
