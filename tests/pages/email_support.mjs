// What mail programs do not do, or only in part, of what pages ask of them, by the data of caniemail.com.
// Takes paths of pages. Prints, as JSON, every feature with the programs that lack it and a page that asks for it.
import fs from 'node:fs';
import { caniemail, rawData } from 'caniemail';

// caniemail knows what Outlook.com does, but its own list of programs leaves it out: it takes the place of one of which
// nothing is asked here.
const OUTLOOK_COM = 'outlook.outlook-com';
const STAND_IN = 'outlook.macos';
const PROGRAMS = ['outlook.windows', STAND_IN, 'gmail.*', 'apple-mail.*'];

for (const feature of rawData.data) {
  feature.stats.outlook.macos = feature.stats.outlook['outlook-com'] ?? { 'not tested': 'a' };
}

const found = new Map();
for (const path of process.argv.slice(2)) {
  const { issues } = caniemail({ clients: PROGRAMS, html: fs.readFileSync(path, 'utf8') });
  for (const [support, byProgram] of [['none', issues.errors], ['partial', issues.warnings]]) {
    for (const [program, features] of byProgram) {
      for (const { title, notes } of features) {
        const name = program === STAND_IN ? OUTLOOK_COM : program;
        const key = `${title}\n${name}`;
        if (!found.has(key)) found.set(key, { feature: title, program: name, support, notes: [...new Set(notes)], page: path });
      }
    }
  }
}
process.stdout.write(JSON.stringify([...found.values()]));
