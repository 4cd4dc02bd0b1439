// The four plain stages, with the times they were reached.
Component({
  properties: {
    steps: { type: Array, value: [] },
    isShort: { type: Boolean, value: false },
  },
});
