/** Whether a click is the second half of a double tap: what stands under the finger by then was not meant. A key press is never. */
export const isSecondTap = (event: MouseEvent): boolean => event.detail > 1;
