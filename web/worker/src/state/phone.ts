// Where the phone says it is. Asked for by a press only; it may refuse, and then words have to do.
const LOOK_MS = 15_000;

export interface Spot {
  /** WGS-84. */
  longitude: number;
  latitude: number;
  /** Within so many metres. */
  metres: number;
}

/** Browsers tell it over HTTPS, or on the machine itself. */
export const mayLocate = (): boolean => 'geolocation' in navigator && window.isSecureContext;

/** Null where the phone may not or cannot say. */
export const whereWeAre = (): Promise<Spot | null> =>
  new Promise((found) => {
    setTimeout(() => found(null), LOOK_MS + 1_000); // also while the question whether it may is still open
    navigator.geolocation.getCurrentPosition(
      ({ coords: { longitude, latitude, accuracy } }) => found({ longitude, latitude, metres: Math.max(1, Math.round(accuracy)) }),
      () => found(null),
      { enableHighAccuracy: true, timeout: LOOK_MS, maximumAge: 30_000 },
    );
  });
