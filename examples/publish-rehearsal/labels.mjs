// Goes on from the submissions: plans labels, applies the plan killed around each request, asks the service what it has, and what
// machines are offered.
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A brand that has no device of its own is never labelled, whatever the audience. */
const refuseXenProject = async ({ folder, out, account, client, say, holds, shown }) => {
  const file = join(folder, 'labels-xenproject.yaml');
  const text = readFileSync(join(folder, 'labels.yaml'), 'utf8');
  writeFileSync(file, text.replaceAll('example-vendor', 'xenproject').replaceAll(/C8E0(&SUBSYS_\*)?/g, '0001'));
  const end = await client(account.url, 'label', 'plan', '--labels', file, '--release', out).ended;
  const refused = end.exit === 5 && end.stderr.includes('LABEL_NO_OWN_DEVICE');
  holds(refused, 'labels for XenProject are refused with exit 5 and the reason', shown(end));
  say('xenproject: labels for Windows Update are refused, exit 5: it has no PV device id of its own.');
  return end.exit;
};

/** A plan that was made before somebody changed what is live says so, and changes nothing. */
const refuseOldPlan = async ({ folder, out, account, client, say, holds, shown }, plan) => {
  const file = join(folder, 'labels-changed.yaml');
  const text = readFileSync(join(folder, 'labels.yaml'), 'utf8');
  writeFileSync(file, text.replace('floor: RS5', 'floor: VB'));
  const changed = await client(account.url, 'label', 'apply', '--labels', file, '--release', out, '--wait').ended;
  holds(changed.exit === 0, 'the floor of a label that is there can be raised', shown(changed));
  const end = await client(account.url, 'label', 'apply', plan, '--release', out).ended;
  const refused =
    end.exit === 5 && end.stderr.includes('LABEL_PLAN_STALE') && end.stderr.includes('has the floor VB now');
  holds(refused, 'a plan that is older than what is live is refused with the difference', shown(end));
  say('The plan was refused once the floor of a label had been raised: exit 5, with the difference.');
  return end.exit;
};

/** Time goes by in the emulator at each look, until every label is published. */
const untilLive = async ({ out, account, client, holds, shown }) => {
  for (let looks = 0; looks < 40; looks += 1) {
    const end = await client(account.url, 'label', 'list', '--release', out, '--json').ended;
    holds(end.exit === 0, 'labels are listed', shown(end));
    const { labels } = JSON.parse(end.stdout).result;
    if (labels.every(({ stage }) => stage === 'live')) return labels;
  }
  return holds(false, 'the labels are published in the end');
};

const DAY_MS = 86_400_000;

/** What Windows Update has for each machine of the fleet, some days after the labels are live. */
const fleetOffers = async ({ here, account, say, holds }, labels) => {
  const post = async (path, body) => {
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(`${account.url}/emulator/${path}`, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
    });
    const text = await answer.text();
    holds(answer.status === 200, `the emulator answers ${path}`, text);
    return JSON.parse(text);
  };
  await post('clock', { advanceMs: 3 * DAY_MS });
  const nameOf = new Map(labels.map(({ id, name }) => [id, name.replace(/ .*/, '')]));
  const machines = readFileSync(join(here, 'fleet.ndjson'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const told = {};
  for (const machine of machines) {
    const { at, offers, reasons } = await post('windows-update/scan', { machine });
    told[machine.id] = offers.map(({ label }) => nameOf.get(label)).sort();
    for (const { label, driver, version, when } of offers) {
      holds(Date.parse(when) <= Date.parse(at), `${machine.id} is offered ${driver} since an instant that is past`);
      say(`${machine.id} is offered ${nameOf.get(label)}: ${driver} ${version}, since ${when.slice(0, 10)}.`);
    }
    for (const { label, message } of reasons.filter((one) => !offers.some((offer) => offer.label === one.label))) {
      say(`${machine.id} is not offered ${nameOf.get(label)}: ${message}`);
    }
  }
  holds(told['test-pc'].join() === 'bus,storage', 'a test machine is offered both drivers', told['test-pc'].join());
  holds(
    told['test-old'].join() === 'bus',
    'a floor keeps the storage driver from an older Windows',
    told['test-old'].join(),
  );
  holds(told['office-pc'].length === 0, 'a machine that did not ask for test drivers is offered nothing');
  return told;
};

/** @returns how often winpv was killed, what the service has, and which refusals were seen */
export const rehearseLabels = async (rehearsal) => {
  const { folder, out, here, account, proxy, client, say, holds, shown, killedAtEach, atEach, made } = rehearsal;
  const labels = join(folder, 'labels.yaml');
  copyFileSync(join(here, 'labels.yaml'), labels);
  const refused = await refuseXenProject(rehearsal);
  holds((await made()).length === 0, 'no label was made for what was refused');

  const plan = join(folder, 'plan.json');
  const planned = await client(account.url, 'label', 'plan', '--labels', labels, '--release', out, '--out', plan).ended;
  holds(planned.exit === 0, 'the labels are planned', shown(planned));
  say('The plan of the labels:');
  for (const line of planned.stdout.split('\n').slice(0, 6)) console.log(`            ${line.trimEnd()}`);

  const launch = () => client(proxy.url, 'label', 'apply', plan, '--release', out);
  const killed = await killedAtEach('the plan of labels', launch, proxy, atEach);
  const requests = new Set(killed.map((point) => point.replace(/^\w+ /, ''))).size;
  const names = await made();
  holds(names.length === 2 && new Set(names).size === 2, 'each label was made once', names.join(', '));
  say(
    `labels: killed ${killed.length} times, before and after ${requests} requests, and resumed; one label each: ${names.join(', ')}.`,
  );
  const live = await untilLive(rehearsal);
  for (const { name, stage, hardwareIds } of live) say(`${name}: ${stage}, ${hardwareIds.length} rows.`);
  const offers = await fleetOffers(rehearsal, live);
  const stale = await refuseOldPlan(rehearsal, plan);
  return { killed, names: await made(), refused, stale, offers };
};
