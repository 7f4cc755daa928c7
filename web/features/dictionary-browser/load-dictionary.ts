/** A dictionary, asked for once by everything that one page shows of it. Server only. */
import { cache } from 'react';
import { ask } from '../../graphql/ask.ts';
import { DictionaryPageDocument } from '../../graphql/generated/graphql.ts';

export const loadDictionary = cache((slug: string) => ask(DictionaryPageDocument, { slug }));
