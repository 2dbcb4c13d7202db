// Reads messages with mailparser and postal-mime. In: {name: message in base64}. Out: {name: {parser: what it read}}.
import { readFileSync } from "node:fs";
import { simpleParser } from "mailparser";
import PostalMime from "postal-mime";

const asWritten = { skipHtmlToText: true, skipTextToHtml: true, skipTextLinks: true, skipImageLinks: true };
const found = {};
for (const [name, encoded] of Object.entries(JSON.parse(readFileSync(0, "utf8")))) {
  const message = Buffer.from(encoded, "base64");
  const first = await simpleParser(message, asWritten);
  const second = await PostalMime.parse(message);
  found[name] = {
    mailparser: { subject: first.subject, from: first.from?.value[0], text: first.text, html: first.html },
    "postal-mime": { subject: second.subject, from: second.from, text: second.text, html: second.html },
  };
}
process.stdout.write(JSON.stringify(found));
