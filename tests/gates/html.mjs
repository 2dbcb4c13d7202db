// Asks html-validate about mails. In: {name: HTML}. Out: {name: [{rule, message, line}]}, every rule of the standard on.
import { readFileSync } from "node:fs";
import { HtmlValidate, StaticConfigLoader } from "html-validate";

const presets = ["html-validate:recommended", "html-validate:document", "html-validate:standard"];
const validator = new HtmlValidate(new StaticConfigLoader({ root: true, extends: presets }));
const found = {};
for (const [name, html] of Object.entries(JSON.parse(readFileSync(0, "utf8")))) {
  const report = await validator.validateString(html);
  found[name] = report.results.flatMap((result) =>
    result.messages.map(({ ruleId, message, line }) => ({ rule: ruleId, message, line })),
  );
}
process.stdout.write(JSON.stringify(found));
