import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { parseRevocationLists } from '../../../packaging/formats/x509/crl-parse.ts';
import { encodeOcspRequest } from '../../../packaging/formats/x509/encode-ocsp.ts';
import { parseOcspResponses } from '../../../packaging/formats/x509/ocsp-parse.ts';
import type { Certificate } from '../../../packaging/formats/x509/parse.ts';
import { encodePem } from '../../../packaging/formats/x509/pem.ts';
import { answersSaying } from '../../../packaging/signing/check-ocsp.ts';
import type { RevocationEvidence } from '../../../packaging/signing/revocation-evidence.ts';
import { verifyFile } from '../../../packaging/signing/verify.ts';
import { craftPe, craftStamp } from '../../support/crafted.ts';
import { answerBytes, crlBytes, DAY_MS, type Revoked } from '../../support/ocsp-answers.ts';
import { type OracleTool, oracle, withTempFolder } from '../../support/outside.ts';
import { certify, type Party, party, YEAR_MS } from '../../support/test-ca.ts';

/** openssl works at the time of the machine. */
const NOW_MS = Date.now();
const validMs = [NOW_MS - 2 * YEAR_MS, NOW_MS + YEAR_MS] as const;
const OCSP_SIGNING = '1.3.6.1.5.5.7.3.9';
const keys = {
  root: party('Root'),
  middle: party('Middle'),
  signer: party('Signer'),
  stamper: party('Stamper'),
  responder: party('Responder'),
  stranger: party('Stranger'),
};
const root = certify(keys.root, { authority: true, validMs });
const middle = certify(keys.middle, { by: keys.root, authority: true, serial: 7, validMs });
const signer = certify(keys.signer, { by: keys.middle, eku: '1.3.6.1.5.5.7.3.3', serial: 8, validMs });
const stamper = certify(keys.stamper, { by: keys.root, eku: '1.3.6.1.5.5.7.3.8', serial: 9, validMs });
const responder = certify(keys.responder, { by: keys.middle, eku: OCSP_SIGNING, serial: 10, validMs });
const stranger = certify(keys.stranger, { by: keys.root, eku: OCSP_SIGNING, serial: 11, validMs });
const plain = certify(keys.stranger, { by: keys.middle, eku: '1.3.6.1.5.5.7.3.3', serial: 12, validMs });

const SIGNED_MS = NOW_MS - 100 * DAY_MS;
const stampedPe = craftPe({
  certificate: signer,
  party: keys.signer,
  certificates: [signer, middle],
  unsigned: (signature) => [
    craftStamp({ certificate: stamper, party: keys.stamper }, signature, { genTimeMs: SIGNED_MS }),
  ],
});
const judged = (evidence: Partial<RevocationEvidence>, nowMs = NOW_MS) =>
  verifyFile({
    path: 'demo.sys',
    bytes: stampedPe,
    catalogs: [],
    trust: [root.der],
    atMs: nowMs,
    revocation: { lists: [], answers: [], nowMs, ...evidence },
  });

const pem = ({ der }: Certificate): string => encodePem('CERTIFICATE', der);
const keyPem = ({ privateKey }: Party): string => privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

/** What openssl's files call a moment. */
const utc = (ms: number): string => `${new Date(ms).toISOString().replaceAll(/[-:T]/g, '').slice(2, 14)}Z`;

interface Laboratory {
  readonly at: (name: string) => string;
  readonly openssl: OracleTool;
  /** An index as `openssl ca` keeps one: the state of the signer's certificate, written in openssl's own words. */
  readonly index: (state: string) => void;
}

const inLaboratory = (openssl: OracleTool, body: (laboratory: Laboratory) => void): Promise<void> =>
  withTempFolder((folder) => {
    const at = (name: string): string => join(folder, name);
    for (const [name, one] of Object.entries({ root, middle, signer, stamper, responder, stranger, plain })) {
      writeFileSync(at(`${name}.pem`), pem(one));
    }
    for (const [name, one] of Object.entries(keys)) writeFileSync(at(`${name}.key`), keyPem(one));
    writeFileSync(at('plain.key'), keyPem(keys.stranger));
    writeFileSync(at('chain.pem'), pem(middle) + pem(root));
    writeFileSync(at('number'), '05\n');
    writeFileSync(
      at('ca.cnf'),
      `[ca]\ndefault_ca=it\n[it]\ndatabase=${at('index')}\ncrlnumber=${at('number')}\ndefault_md=sha256\ndefault_crl_days=30\ncrl_extensions=ext\n[ext]\n`,
    );
    writeFileSync(at('index.attr'), 'unique_subject = no\n');
    const index = (state: string): void => {
      const end = utc(validMs[1]);
      const line = (kind: string, serial: string, name: string): string => `${kind}\t${serial}\tunknown\t/CN=${name}\n`;
      writeFileSync(at('index'), line(state.replace(/^(\w)/, `$1\t${end}`), '0108', 'Signer'));
    };
    body({ at, openssl, index });
  });

/** An answer by openssl about the signer, as a file. */
const opensslAnswers = ({ at, openssl }: Laboratory, by: string, ...more: readonly string[]): Uint8Array => {
  const out = at(`answer-${by}.der`);
  const run = openssl(
    ...['ocsp', '-index', at('index'), '-rsigner', at(`${by}.pem`), '-rkey', at(`${by}.key`), '-CA', at('middle.pem')],
    ...['-issuer', at('middle.pem'), '-cert', at('signer.pem'), '-ndays', '3', '-respout', out, '-noverify', ...more],
  );
  expect(run.status, run.stderr).toBe(0);
  return new Uint8Array(readFileSync(out));
};

const opensslList = ({ at, openssl }: Laboratory): Uint8Array => {
  const out = at('list.pem');
  const run = openssl(
    ...['ca', '-config', at('ca.cnf'), '-gencrl', '-keyfile', at('middle.key'), '-cert', at('middle.pem'), '-out', out],
  );
  expect(run.status, run.stderr).toBe(0);
  return new Uint8Array(readFileSync(out));
};

const early = SIGNED_MS - DAY_MS;
const late = SIGNED_MS + DAY_MS;
const STATES: readonly (readonly [what: string, index: string, verdict: RegExp])[] = [
  ['good', 'V\t', /^valid partly-checked -$/],
  ['revoked early', `R\t${utc(early)}`, /^invalid revoked invalid$/],
  ['revoked early, superseded', `R\t${utc(early)},superseded`, /^invalid revoked invalid superseded$/],
  ['revoked late', `R\t${utc(late)}`, /^valid partly-checked none$/],
  ['revoked late for its key', `R\t${utc(late)},keyCompromise`, /^valid partly-checked none keyCompromise$/],
  [
    'revoked late, its key lost early',
    `R\t${utc(late)},keyTime,20${utc(early)}`,
    /^invalid revoked invalid keyCompromise$/,
  ],
  [
    'revoked late, its key lost late',
    `R\t${utc(late)},keyTime,20${utc(late - 3600_000)}`,
    /^valid partly-checked none keyCompromise$/,
  ],
  ['on hold early', `R\t${utc(early)},certificateHold`, /^invalid revoked invalid certificateHold$/],
  [
    'privilege withdrawn late',
    `R\t${utc(late)},cessationOfOperation`,
    /^valid partly-checked none cessationOfOperation$/,
  ],
];

const summary = (evidence: Partial<RevocationEvidence>): string => {
  const { verdict, signatures } = judged(evidence);
  const [one] = signatures[0]?.revoked ?? [];
  return [verdict, signatures[0]?.revocation, one?.effect ?? '-', one?.reason].filter(Boolean).join(' ');
};

describe('what openssl says of a certificate', () => {
  for (const [what, state, verdict] of STATES) {
    oracle('openssl', `${what}, winpv reads from its list and from its answers`, async (openssl) => {
      await inLaboratory(openssl, (laboratory) => {
        laboratory.index(state);
        expect(summary({ lists: parseRevocationLists(opensslList(laboratory), 'list.pem') })).toMatch(verdict);
        for (const [by, ...more] of [['middle'], ['responder'], ['responder', '-resp_key_id']] as const) {
          const bytes = opensslAnswers(laboratory, by, ...more);
          expect(summary({ answers: parseOcspResponses(bytes, 'a.der') })).toMatch(verdict);
        }
      });
    });
  }

  oracle('openssl', 'of a certificate that it does not know is nothing to go by', async (openssl) => {
    await inLaboratory(openssl, (laboratory) => {
      writeFileSync(laboratory.at('index'), '');
      const answers = parseOcspResponses(opensslAnswers(laboratory, 'responder'), 'a.der');
      expect(answers[0]?.statements[0]?.status).toBe('unknown');
      expect(summary({ answers })).toBe('valid partly-checked -');
    });
  });

  oracle('openssl', 'reads winpv’s request and answers it', async (openssl) => {
    await inLaboratory(openssl, ({ at, index }) => {
      index('V\t');
      writeFileSync(at('request'), encodeOcspRequest(signer, middle));
      const run = openssl(
        ...['ocsp', '-index', at('index'), '-rsigner', at('responder.pem'), '-rkey', at('responder.key')],
        ...['-CA', at('middle.pem'), '-reqin', at('request'), '-respout', at('answer'), '-ndays', '1'],
      );
      expect(run.status, run.stderr).toBe(0);
      const answers = parseOcspResponses(new Uint8Array(readFileSync(at('answer'))), 'answer');
      const said = answersSaying({ certificate: signer, issuer: middle }, { lists: [], answers, nowMs: NOW_MS });
      expect(said.map(({ what }) => what)).toEqual(['good']);
    });
  });
});

describe('openssl and winpv judge alike', () => {
  const usual = { about: signer, issuer: middle, by: keys.middle, thisMs: NOW_MS - DAY_MS, nextMs: NOW_MS + DAY_MS };
  const revoked: Revoked = { dateMs: early, reason: 1 };
  const answers: readonly (readonly [what: string, wish: Parameters<typeof answerBytes>[0]])[] = [
    ['by the issuer', usual],
    ['by the issuer, with SHA-256', { ...usual, hash: 'sha256' }],
    ['by the issuer’s key', { ...usual, byKey: true }],
    ['by a delegated responder', { ...usual, by: keys.responder, certificate: responder }],
    ['revoked', { ...usual, state: revoked }],
    ['unknown', { ...usual, state: 'unknown' }],
    ['by whom the root certified for it', { ...usual, by: keys.stranger, certificate: stranger }],
    ['by whom the issuer certified for something else', { ...usual, by: keys.stranger, certificate: plain }],
    ['by another key of the issuer’s name', { ...usual, by: { ...party('Middle') } }],
    ['about another number', { ...usual, serial: Uint8Array.of(1, 77) }],
    ['by a responder that sends no certificate', { ...usual, by: keys.responder }],
    ['that has ended', { ...usual, thisMs: NOW_MS - 9 * DAY_MS, nextMs: NOW_MS - 8 * DAY_MS }],
    ['that has not begun', { ...usual, thisMs: NOW_MS + 8 * DAY_MS, nextMs: NOW_MS + 9 * DAY_MS }],
  ];
  for (const [what, wish] of answers) {
    oracle('openssl', `answer ${what}`, async (openssl) => {
      await inLaboratory(openssl, ({ at }) => {
        const bytes = answerBytes(wish);
        writeFileSync(at('answer'), bytes);
        const run = openssl(
          ...['ocsp', '-respin', at('answer'), '-issuer', at('middle.pem'), '-cert', at('signer.pem')],
          ...[...(wish.hash === undefined ? [] : ['-sha256', '-cert', at('signer.pem')]), '-CAfile', at('chain.pem')],
        );
        const out = `${run.stdout.toString('utf8')}${run.stderr}`;
        const word = /signer\.pem: (good|revoked|unknown)/.exec(out)?.[1];
        const timely = !/Status times invalid/.test(out);
        const theirs =
          /Response verify OK/i.test(out) && timely && word !== undefined && word !== 'unknown' ? word : 'nothing';
        // Of now: without the time stamp, which lets an older answer count.
        const bare = { certificate: signer, issuer: middle };
        const nowMs = NOW_MS;
        const found = answersSaying(bare, { lists: [], answers: parseOcspResponses(bytes, 'a'), nowMs });
        const ours = found
          .filter(
            ({ thisUpdateMs, nextUpdateMs }) => thisUpdateMs <= nowMs + DAY_MS && (nextUpdateMs ?? nowMs) >= nowMs,
          )
          .map((one) => one.what)[0];
        expect(ours ?? 'nothing', out).toBe(theirs);
      });
    });
  }

  const lists: readonly (readonly [what: string, revoked: Readonly<Record<number, Revoked>>, wish: object])[] = [
    ['that is empty', {}, {}],
    ['that names the signer', { 8: revoked }, {}],
    ['that names another', { 9: revoked }, {}],
    ['that has ended', {}, { thisMs: NOW_MS - 9 * DAY_MS, nextMs: NOW_MS - 8 * DAY_MS }],
    ['with something critical unknown', {}, { critical: '1.2.3.4' }],
    ['with an entry that has something critical unknown', { 9: revoked }, { criticalInEntry: '1.2.3.4' }],
    ['whose entry was removed', { 8: { dateMs: early, reason: 8 } }, {}],
  ];
  for (const [what, entries, wish] of lists) {
    oracle('openssl', `list ${what}`, async (openssl) => {
      await inLaboratory(openssl, ({ at }) => {
        const period = { thisMs: NOW_MS - DAY_MS, nextMs: NOW_MS + DAY_MS };
        const [own, ofRoot] = [crlBytes(keys.middle, entries, { ...period, ...wish }), crlBytes(keys.root, {}, period)];
        writeFileSync(at('lists.pem'), encodePem('X509 CRL', own) + encodePem('X509 CRL', ofRoot));
        const run = openssl(
          ...['verify', '-crl_check_all', '-CRLfile', at('lists.pem'), '-CAfile', at('root.pem')],
          ...['-untrusted', at('middle.pem'), at('signer.pem')],
        );
        const parsed = [own, ofRoot].flatMap((bytes) => parseRevocationLists(bytes, 'a.crl'));
        const bare = craftPe({ certificate: signer, party: keys.signer, certificates: [signer, middle] });
        const { verdict } = verifyFile({
          ...{ path: 'demo.sys', bytes: bare, catalogs: [], trust: [root.der], atMs: NOW_MS },
          revocation: { lists: parsed, answers: [], nowMs: NOW_MS, required: true },
        });
        expect(verdict === 'valid', run.stderr).toBe(run.status === 0);
      });
    });
  }
});

/** It asks whether a list names a certificate and not when; Windows does (spec signing-formats 6.5.6). */
describe('osslsigncode and winpv judge alike but for the day', () => {
  const periods = { thisMs: NOW_MS - DAY_MS, nextMs: NOW_MS + DAY_MS };
  for (const [what, entries] of [
    ['nobody', {}],
    ['the signer before the stamp', { 8: { dateMs: early } }],
    ['the signer after the stamp', { 8: { dateMs: late } }],
  ] as const) {
    const later = what.endsWith('after the stamp');
    oracle('osslsigncode', `with a list of ${what}`, async (osslsigncode) => {
      await withTempFolder((folder) => {
        const at = (name: string): string => join(folder, name);
        const [own, ofRoot] = [crlBytes(keys.middle, entries, periods), crlBytes(keys.root, {}, periods)];
        writeFileSync(at('lists.pem'), encodePem('X509 CRL', own) + encodePem('X509 CRL', ofRoot));
        writeFileSync(at('root.pem'), pem(root));
        writeFileSync(at('demo.sys'), stampedPe);
        const run = osslsigncode(
          ...['verify', '-in', at('demo.sys'), '-CAfile', at('root.pem'), '-TSA-CAfile', at('root.pem')],
          ...['-CRLfile', at('lists.pem'), '-TSA-CRLfile', at('lists.pem')],
        );
        const lists = parseRevocationLists(new Uint8Array(readFileSync(at('lists.pem'))), 'lists.pem');
        const { verdict } = judged({ lists, required: true });
        const said = `${run.stdout.toString('utf8')}${run.stderr}`;
        expect(verdict === 'valid', said).toBe(run.status === 0 || later);
        if (later) expect(said).toMatch(/certificate revoked/i);
      });
    });
  }
});
