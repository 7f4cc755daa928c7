/** `npm start`: lays the ground, then becomes `residua start`. */
import { become, layGround } from './ground.mjs';

try {
  await layGround();
} catch (error) {
  console.error(
    `\nResidua could not get ready.\n${error.message}\n\nWhat to try: check the network and run npm start again.`,
  );
  process.exit(1);
}
become(['trainer/bin/residua.mjs', 'start', ...process.argv.slice(2)]);
