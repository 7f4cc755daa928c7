/** Addresses of the site that more than one place links to. */
export function featureHref(dictionary: string, index: number, budget?: number): string {
  const path = `/dictionaries/${encodeURIComponent(dictionary)}/${index}`;
  return budget === undefined ? path : `${path}?k=${budget}`;
}

export function dictionaryHref(dictionary: string, budget?: number): string {
  const path = `/dictionaries/${encodeURIComponent(dictionary)}`;
  return budget === undefined ? path : `${path}?k=${budget}`;
}

export function boostHref(slug: string): string {
  return `/boost/${encodeURIComponent(slug)}`;
}

/** Slugs of vectors have their model before a slash, and so do their addresses. */
export function vectorHref(slug: string): string {
  return `/steering/${slug.split('/').map(encodeURIComponent).join('/')}`;
}

export function compareHref(a: string, b: string, parameters: Readonly<Record<string, string>> = {}): string {
  const query = String(new URLSearchParams(parameters));
  return `/compare/${encodeURIComponent(a)}/${encodeURIComponent(b)}${query && `?${query}`}`;
}

/** One value of a search parameter that may have been given several times. */
export type SearchParameters = Readonly<Record<string, string | string[] | undefined>>;

export function one(parameters: SearchParameters, name: string): string | undefined {
  const value = parameters[name];
  return (Array.isArray(value) ? value[0] : value) || undefined;
}
