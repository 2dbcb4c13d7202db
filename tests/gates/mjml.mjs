// Validates MJML with the reference compiler. In: {name: MJML}. Out: {name: [{line, message}]}.
import { readFileSync } from "node:fs";
import mjml2html from "mjml";

const found = {};
for (const [name, source] of Object.entries(JSON.parse(readFileSync(0, "utf8")))) {
  const { errors } = mjml2html(source, { validationLevel: "soft", ignoreIncludes: true });
  found[name] = errors.map(({ line, message }) => ({ line, message }));
}
process.stdout.write(JSON.stringify(found));
