// What an observer is told, as something to loop over.
export async function* events(subscribe) {
  const told = [];
  let wake = () => undefined;
  const tell = (one) => {
    told.push(one);
    wake();
  };
  const subscription = subscribe({
    next: (value) => tell({ value }),
    error: (error) => tell({ error }),
    complete: () => tell({ isOver: true }),
  });
  try {
    for (;;) {
      while (told.length === 0) await new Promise((resolve) => (wake = resolve));
      const one = told.shift();
      if (one.error) throw one.error;
      if (one.isOver) return;
      yield one.value;
    }
  } finally {
    subscription.unsubscribe();
  }
}
