const ENDINGS =
  /(居民委员会|村民委员会|社区居委会|居委会|村委会|街道办事处|街道|社区|镇|乡|新区|自治县|区|县|市|村)$/;
const COMMITTEES = /(居民委员会|居委会|村民委员会|村委会)$/;
const ZONES = /(经济技术|高新技术产业)开发区$/;

/**
 * 木渎镇 -> 木渎, 南通经济技术开发区 -> 南通经开: what tells neighbours apart. Never under two characters.
 * Within divisions `above` their names are not said again: 张家港经济技术开发区 -> 经开.
 */
export function shortName(name: string, above: readonly string[] = []): string {
  const said = above.map((one) => `${one.replace(/[市区县]$/, '')}[市区县]?`);
  const own = said.length ? name.replace(new RegExp(`^(国家|${said.join('|')})+`), '') : name;
  const short = shorten(own);
  return own === name || short.length < 2 || /^(街道|社区)$/.test(short) ? shorten(name) : short;
}

function shorten(name: string): string {
  if (ZONES.test(name)) return name.replace(ZONES, (zone) => (zone.startsWith('经') ? '经开' : '高新'));
  const short = name.replace(ENDINGS, '');
  return short.length >= 2 ? short : name;
}

/** As everybody calls them: read from eight metres, a name that is cut says nothing. */
const CALLED: readonly (readonly [string, string])[] = [
  ['住房和城乡建设局', '住建局'],
  ['人力资源和社会保障局', '人社局'],
  ['市场监督管理局', '市场监管局'],
  ['应急管理局', '应急局'],
  ['城市管理局', '城管局'],
];

/** 苏州市住房和城乡建设局 within 苏州市 is 住建局; the units of other places keep theirs. */
export function unitName(name: string, place: string | undefined): string {
  const own = place && name.startsWith(place) ? name.slice(place.length) : name;
  const said = own.length >= 3 ? own : name;
  return CALLED.reduce((text, [long, short]) => text.replace(long, short), said);
}

/** 东亭社区居委会 -> 东亭社区, 荷花村委会 and 荷花村村委会 -> 荷花村: the place, not its committee. */
export function placeName(name: string): string {
  const place = name.replace(COMMITTEES, '');
  return (name.slice(place.length).startsWith('村') && !place.endsWith('村') ? `${place}村` : place) || name;
}
