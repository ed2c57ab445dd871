/**
 * Language numbers of Windows (LANGID) by locale, as the sections `[Strings.LLLL]` of INFs have them.
 * Locales and numbers: Microsoft Open Specifications, [MS-LCID] 2.2, languages that Windows is or was offered in.
 * A language alone (`de`) is its neutral number, which every region of it uses (spec inf 3).
 */
const REGIONS: Readonly<Record<string, number>> = {
  'ar-SA': 0x0401,
  'ar-IQ': 0x0801,
  'ar-EG': 0x0c01,
  'ar-AE': 0x3801,
  'bg-BG': 0x0402,
  'ca-ES': 0x0403,
  'zh-TW': 0x0404,
  'zh-CN': 0x0804,
  'zh-HK': 0x0c04,
  'zh-SG': 0x1004,
  'zh-MO': 0x1404,
  'cs-CZ': 0x0405,
  'da-DK': 0x0406,
  'de-DE': 0x0407,
  'de-CH': 0x0807,
  'de-AT': 0x0c07,
  'de-LU': 0x1007,
  'de-LI': 0x1407,
  'el-GR': 0x0408,
  'en-US': 0x0409,
  'en-GB': 0x0809,
  'en-AU': 0x0c09,
  'en-CA': 0x1009,
  'en-NZ': 0x1409,
  'en-IE': 0x1809,
  'en-ZA': 0x1c09,
  'en-IN': 0x4009,
  'es-MX': 0x080a,
  'es-ES': 0x0c0a,
  'es-AR': 0x2c0a,
  'es-CO': 0x240a,
  'es-CL': 0x340a,
  'es-US': 0x540a,
  'fi-FI': 0x040b,
  'fr-FR': 0x040c,
  'fr-BE': 0x080c,
  'fr-CA': 0x0c0c,
  'fr-CH': 0x100c,
  'fr-LU': 0x140c,
  'he-IL': 0x040d,
  'hu-HU': 0x040e,
  'is-IS': 0x040f,
  'it-IT': 0x0410,
  'it-CH': 0x0810,
  'ja-JP': 0x0411,
  'ko-KR': 0x0412,
  'nl-NL': 0x0413,
  'nl-BE': 0x0813,
  'nb-NO': 0x0414,
  'nn-NO': 0x0814,
  'pl-PL': 0x0415,
  'pt-BR': 0x0416,
  'pt-PT': 0x0816,
  'rm-CH': 0x0417,
  'ro-RO': 0x0418,
  'ru-RU': 0x0419,
  'hr-HR': 0x041a,
  'sr-Latn-RS': 0x241a,
  'sr-Cyrl-RS': 0x281a,
  'bs-Latn-BA': 0x141a,
  'sk-SK': 0x041b,
  'sq-AL': 0x041c,
  'sv-SE': 0x041d,
  'sv-FI': 0x081d,
  'th-TH': 0x041e,
  'tr-TR': 0x041f,
  'ur-PK': 0x0420,
  'id-ID': 0x0421,
  'uk-UA': 0x0422,
  'be-BY': 0x0423,
  'sl-SI': 0x0424,
  'et-EE': 0x0425,
  'lv-LV': 0x0426,
  'lt-LT': 0x0427,
  'fa-IR': 0x0429,
  'vi-VN': 0x042a,
  'hy-AM': 0x042b,
  'az-Latn-AZ': 0x042c,
  'eu-ES': 0x042d,
  'mk-MK': 0x042f,
  'af-ZA': 0x0436,
  'ka-GE': 0x0437,
  'hi-IN': 0x0439,
  'ms-MY': 0x043e,
  'kk-KZ': 0x043f,
  'sw-KE': 0x0441,
  'bn-IN': 0x0445,
  'pa-IN': 0x0446,
  'gu-IN': 0x0447,
  'ta-IN': 0x0449,
  'te-IN': 0x044a,
  'kn-IN': 0x044b,
  'ml-IN': 0x044c,
  'mr-IN': 0x044e,
  'cy-GB': 0x0452,
  'gl-ES': 0x0456,
  'ga-IE': 0x083c,
  'lb-LU': 0x046e,
  'mt-MT': 0x043a,
};

/** Languages whose neutral number is not that of their regions, or that share their primary number with another. */
const NEUTRAL: Readonly<Record<string, number>> = {
  'zh-Hans': 0x0004,
  'zh-Hant': 0x7c04,
  no: 0x0014,
  nb: 0x7c14,
  nn: 0x7814,
  hr: 0x001a,
  sr: 0x7c1a,
  bs: 0x781a,
};

const PRIMARY_LANGUAGE = 0x3ff;

const table: ReadonlyMap<string, number> = new Map([
  ...Object.entries(REGIONS).map(([locale, id]) => [locale.split('-')[0] ?? '', id & PRIMARY_LANGUAGE] as const),
  ...Object.entries(REGIONS),
  ...Object.entries(NEUTRAL),
]);

/** Locales that have a language number, for suggestions. */
export const LOCALES: readonly string[] = [...table.keys()];

/** The LANGID of a locale or of four hex digits; undefined for one that Windows has no number for. */
export const languageNumber = (locale: string): number | undefined => {
  if (!/^[0-9A-Fa-f]{4}$/.test(locale)) return table.get(locale);
  const id = Number.parseInt(locale, 16);
  // No language of its own: neutral, or the default of a user or of the system.
  return (id & PRIMARY_LANGUAGE) === 0 ? undefined : id;
};

/** `0407`, as a section of an INF has it. */
export const languageDigits = (language: number): string => language.toString(16).toUpperCase().padStart(4, '0');
