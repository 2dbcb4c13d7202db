// Asks caniemail which mail programs lack what mails use. In: {name: HTML}. Out: {name: {feature: [client]}}.
import { readFileSync } from "node:fs";
import { caniemail, rawData } from "caniemail";

// caniemail stops at a client it has no data about: there we take it that the feature is supported.
const clients = rawData.data.flatMap(({ stats }) =>
  Object.entries(stats).flatMap(([family, platforms]) => Object.keys(platforms).map((platform) => [family, platform])),
);
for (const { stats } of rawData.data) {
  for (const [family, platform] of clients) {
    stats[family] ??= {};
    stats[family][platform] ??= { unknown: "y" };
  }
}

const found = {};
for (const [name, html] of Object.entries(JSON.parse(readFileSync(0, "utf8")))) {
  const lacking = {};
  for (const [client, problems] of caniemail({ clients: ["*"], html }).issues.errors) {
    for (const { title } of problems) (lacking[title] ??= new Set()).add(client);
  }
  found[name] = Object.fromEntries(Object.entries(lacking).map(([title, names]) => [title, [...names].sort()]));
}
process.stdout.write(JSON.stringify(found));
