// Where a list that hangs from a field or a button stands: fixed on the screen, so that a short box that scrolls
// around it does not cut it off. It goes upwards where there is no room below.
import { nextTick, onBeforeUnmount, shallowRef, watch, type CSSProperties, type Ref } from 'vue';

const ROOM = 200; // pixels below that are enough
const GAP = 4;

export function createFloating(anchor: Ref<HTMLElement | null>, isOpen: Ref<boolean>): Ref<CSSProperties> {
  const style = shallowRef<CSSProperties>({});

  function place(): void {
    const box = anchor.value?.getBoundingClientRect();
    if (!box) return;
    const below = innerHeight - box.bottom - 2 * GAP;
    const isUp = below < ROOM && box.top > below;
    style.value = {
      right: `${document.documentElement.clientWidth - box.right}px`,
      minWidth: `${box.width}px`,
      maxHeight: `${isUp ? box.top - 2 * GAP : below}px`,
      ...(isUp ? { bottom: `${innerHeight - box.top + GAP}px` } : { top: `${box.bottom + GAP}px` }),
    };
  }

  const stop = () => {
    removeEventListener('scroll', place, true);
    removeEventListener('resize', place);
  };
  watch(isOpen, async (is) => {
    stop();
    if (!is) return;
    addEventListener('scroll', place, true);
    addEventListener('resize', place);
    place();
    await nextTick(); // what opened may have moved it
    place();
  });
  onBeforeUnmount(stop);
  return style;
}
