// 火星坐标: the map a phone lets people choose on is shifted (GCJ-02); the city keeps places as they are (WGS-84).
const { PI, abs, cos, sin, sqrt } = Math;
const AXIS = 6_378_245; // metres, Krasovsky 1940
const ECCENTRICITY_SQUARED = 0.006_693_421_622_965_943;

interface Point {
  longitude: number;
  latitude: number;
}

/** The usual published approximation, as the server has it; outside China points stay where they are. */
export function toGcj02({ longitude, latitude }: Point): Point {
  if (!(longitude > 73.66 && longitude < 135.05 && latitude > 3.86 && latitude < 53.55)) return { longitude, latitude };
  const x = longitude - 105;
  const y = latitude - 35;
  const waves = ((20 * sin(6 * x * PI) + 20 * sin(2 * x * PI)) * 2) / 3;
  let north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(abs(x)) + waves;
  north += ((20 * sin(y * PI) + 40 * sin((y / 3) * PI)) * 2) / 3;
  north += ((160 * sin((y / 12) * PI) + 320 * sin((y * PI) / 30)) * 2) / 3;
  let east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(abs(x)) + waves;
  east += ((20 * sin(x * PI) + 40 * sin((x / 3) * PI)) * 2) / 3;
  east += ((150 * sin((x / 12) * PI) + 300 * sin((x / 30) * PI)) * 2) / 3;
  const radians = (latitude / 180) * PI;
  const magic = 1 - ECCENTRICITY_SQUARED * sin(radians) ** 2;
  const meridian = (AXIS * (1 - ECCENTRICITY_SQUARED)) / (magic * sqrt(magic));
  return {
    longitude: longitude + (east * 180) / ((AXIS / sqrt(magic)) * cos(radians) * PI),
    latitude: latitude + (north * 180) / (meridian * PI),
  };
}

/** There is no formula back: guess, see how far off the guess is drawn, correct. Three times is below a centimetre. */
export function fromGcj02(drawn: Point): Point {
  let guess = drawn;
  for (let n = 0; n < 3; n++) {
    const shifted = toGcj02(guess);
    guess = {
      longitude: guess.longitude + drawn.longitude - shifted.longitude,
      latitude: guess.latitude + drawn.latitude - shifted.latitude,
    };
  }
  return guess;
}
