const ENDINGS = /(居民委员会|村民委员会|社区居委会|居委会|村委会|街道办事处|街道|社区|镇|乡|新区|自治县|区|县|市|村)$/;

/** 木渎镇 -> 木渎: what tells neighbours apart on a small tile. Never shorter than two characters. */
export function shortName(name: string): string {
  const short = name.replace(ENDINGS, '');
  return short.length >= 2 ? short : name;
}
