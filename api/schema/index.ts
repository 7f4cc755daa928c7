/** The whole schema: every noun adds itself to the builder when it is imported. */
import { builder } from '../builder.ts';
import './architecture.ts';
import './dictionary.ts';
import './example.ts';
import './feature-list.ts';
import './feature.ts';
import './histogram.ts';
import './label.ts';
import './match.ts';
import './model.ts';
import './node.ts';
import './passage.ts';
import './run.ts';
import './sparsity-level.ts';
import './steering.ts';
import './steering-analyses.ts';
import './steering-features.ts';
import './steering-readings.ts';
import './steering-studies.ts';
import './study.ts';
import './trial.ts';

builder.queryType({ description: 'Everything that has been published, and every run.' });
builder.subscriptionType({ description: 'What happens now, over graphql-ws on the same address.' });

export const schema = builder.toSchema();
