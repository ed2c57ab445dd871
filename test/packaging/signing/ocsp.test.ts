import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { contextConstructed, contextPrimitive } from '../../../packaging/formats/der/encode.ts';
import { parseRevocationList } from '../../../packaging/formats/x509/crl-parse.ts';
import {
  type OcspResponse,
  parseOcspResponse,
  parseOcspResponses,
} from '../../../packaging/formats/x509/ocsp-parse.ts';
import { encodePem } from '../../../packaging/formats/x509/pem.ts';
import { listsSaying } from '../../../packaging/signing/check-list.ts';
import { answersSaying } from '../../../packaging/signing/check-ocsp.ts';
import { explain } from '../../../packaging/signing/explanation.ts';
import { policyAnswer } from '../../../packaging/signing/policy.ts';
import type { RevocationEvidence } from '../../../packaging/signing/revocation-evidence.ts';
import { verifyFile } from '../../../packaging/signing/verify.ts';
import { craftPe, craftStamp } from '../../support/crafted.ts';
import {
  type AnswerWish,
  answerBytes,
  crlBytes,
  DAY_MS,
  type ListWish,
  listPlace,
  type Revoked,
  statementOf,
} from '../../support/ocsp-answers.ts';
import { certify, NOW_MS, party, YEAR_MS } from '../../support/test-ca.ts';

const OCSP_SIGNING = '1.3.6.1.5.5.7.3.9';
const keys = {
  root: party('Root'),
  middle: party('Middle'),
  signer: party('Signer'),
  stamper: party('Stamper'),
  responder: party('Responder'),
  stranger: party('Stranger'),
};
const PLACE = 'http://lists.example/middle.crl';
const root = certify(keys.root, { authority: true });
const middle = certify(keys.middle, { by: keys.root, authority: true, serial: 7 });
const signer = certify(keys.signer, { by: keys.middle, eku: '1.3.6.1.5.5.7.3.3', serial: 8, more: [listPlace(PLACE)] });
const stamper = certify(keys.stamper, { by: keys.root, eku: '1.3.6.1.5.5.7.3.8', serial: 9 });
const responder = certify(keys.responder, { by: keys.middle, eku: OCSP_SIGNING, serial: 10 });

const SIGNED_MS = NOW_MS - 100 * DAY_MS;
const stampedPe = craftPe({
  certificate: signer,
  party: keys.signer,
  certificates: [signer, middle],
  unsigned: (signature) => [
    craftStamp({ certificate: stamper, party: keys.stamper }, signature, { genTimeMs: SIGNED_MS }),
  ],
});
const barePe = craftPe({ certificate: signer, party: keys.signer, certificates: [signer, middle] });

const usual: AnswerWish = {
  about: signer,
  issuer: middle,
  by: keys.middle,
  thisMs: NOW_MS - DAY_MS,
  nextMs: NOW_MS + DAY_MS,
};
const answer = (changes: Partial<AnswerWish> = {}): OcspResponse =>
  parseOcspResponse(answerBytes({ ...usual, ...changes }), 'a.ocsp');
const ofMiddle = (changes: Partial<AnswerWish> = {}): OcspResponse =>
  answer({ about: middle, issuer: root, by: keys.root, ...changes });
const list = (by: keyof typeof keys, revoked: Readonly<Record<number, Revoked>> = {}, wish: Partial<ListWish> = {}) =>
  parseRevocationList(
    crlBytes(keys[by], revoked, { thisMs: NOW_MS - DAY_MS, nextMs: NOW_MS + DAY_MS, ...wish }),
    'a.crl',
  );

type Given = Partial<Pick<RevocationEvidence, 'lists' | 'answers' | 'required'>> & { readonly atMs?: number };
const judged = (bytes: Uint8Array, { lists = [], answers = [], required, atMs = NOW_MS }: Given) =>
  verifyFile({
    path: 'demo.sys',
    bytes,
    catalogs: [],
    trust: [root.der],
    atMs,
    revocation: { lists, answers, nowMs: atMs, required },
  });
const outcome = (bytes: Uint8Array, given: Given): string => {
  const { verdict, reason, signatures } = judged(bytes, given);
  return [verdict, reason, signatures[0]?.revocation].filter((word) => word !== undefined).join(' ');
};
const whyNot = (bytes: Uint8Array, given: Given): readonly string[] =>
  judged(bytes, given).diagnostics.flatMap(({ code, message }) =>
    code === 'VERIFY_REVOCATION_UNUSED' ? message.replace(/^.*?: it /, '') : [],
  );

describe('an OCSP answer', () => {
  test('by the issuer, named by its name or its key, and by either hash, says that a certificate is good', () => {
    for (const changes of [{}, { byKey: true as const }, { hash: 'sha256' as const }]) {
      expect(outcome(barePe, { answers: [answer(changes), ofMiddle(changes)] })).toBe('valid good');
    }
    expect(outcome(barePe, { answers: [answer()] })).toBe('valid partly-checked');
  });

  test('counts from before the time stamp or after it, as a list does', () => {
    const revoked = (dateMs: number, reason?: number) =>
      answer({ state: { dateMs, ...(reason === undefined ? {} : { reason }) } });
    const [early, late] = [revoked(SIGNED_MS - DAY_MS), revoked(SIGNED_MS + DAY_MS, 4)];
    expect(outcome(stampedPe, { answers: [early, ofMiddle()] })).toBe('invalid VERIFY_REVOKED revoked');
    expect(outcome(stampedPe, { answers: [late, ofMiddle()] })).toBe('valid revoked-later');
    expect(outcome(barePe, { answers: [late, ofMiddle()] })).toBe('invalid VERIFY_REVOKED revoked');
    expect(judged(stampedPe, { answers: [late] }).signatures[0]?.revoked).toEqual([
      {
        subject: 'CN=Signer',
        thumbprint: signer.thumbprint,
        date: new Date(SIGNED_MS + DAY_MS).toISOString(),
        reason: 'superseded',
        effect: 'none',
      },
    ]);
  });

  test('of a time-stamp authority is gone by as well', () => {
    const about = { about: stamper, issuer: root, by: keys.root };
    const late = { dateMs: SIGNED_MS + DAY_MS };
    const good = judged(stampedPe, { answers: [answer(), ofMiddle(), answer(about)] });
    expect(good.signatures[0]).toMatchObject({ revocation: 'good', timestamp: { revocation: 'good' } });
    expect(outcome(stampedPe, { answers: [answer({ ...about, state: { ...late, reason: 1 } })] })).toMatch(
      /^invalid VERIFY_TIMESTAMP_INVALID/,
    );
    expect(outcome(stampedPe, { answers: [answer({ ...about, state: { ...late, reason: 5 } })] })).toMatch(/^valid/);
  });

  test('with an invalidity date before the time stamp makes it invalid, unless the key was never in doubt', () => {
    const state = { dateMs: SIGNED_MS + 9 * DAY_MS, invalidityMs: SIGNED_MS - DAY_MS };
    for (const reason of [1, 2, undefined]) {
      const given = reason === undefined ? state : { ...state, reason };
      const { verdict, diagnostics } = judged(stampedPe, { answers: [answer({ state: given })] });
      expect(verdict).toBe('invalid');
      expect(diagnostics.find(({ code }) => code === 'VERIFY_REVOKED')?.message).toContain('assumed');
      expect(outcome(stampedPe, { lists: [list('middle', { 8: given })] })).toMatch(/^invalid VERIFY_REVOKED/);
    }
    for (const reason of [3, 4, 5]) {
      expect(outcome(stampedPe, { answers: [answer({ state: { ...state, reason } })] })).toMatch(/^valid/);
    }
  });

  test('by a responder whom the issuer certified for it is believed', () => {
    const delegated = { by: keys.responder, certificate: responder };
    expect(outcome(barePe, { answers: [answer(delegated), ofMiddle()] })).toBe('valid good');
    expect(outcome(barePe, { answers: [answer({ ...delegated, byKey: true }), ofMiddle()] })).toBe('valid good');
  });

  test.each([
    ['by another key under the name of the issuer', { by: { ...party('Middle') } }, /not signed by the responder/],
    ['by a stranger', { by: keys.stranger, certificate: certify(keys.stranger) }, /whom "CN=Middle" did not certify/],
    [
      'by whom another authority certified for it',
      { by: keys.stranger, certificate: certify(keys.stranger, { by: keys.root, eku: OCSP_SIGNING }) },
      /whom "CN=Middle" did not certify/,
    ],
    [
      'by whom the issuer certified for something else',
      { by: keys.signer, certificate: signer },
      /not for OCSP signing/,
    ],
    [
      'by whom the issuer certified for any purpose',
      { by: keys.stranger, certificate: certify(keys.stranger, { by: keys.middle, eku: '2.5.29.37.0' }) },
      /not for OCSP signing/,
    ],
    [
      'by a responder whose certificate had ended',
      {
        by: keys.responder,
        certificate: certify(keys.responder, {
          by: keys.middle,
          eku: OCSP_SIGNING,
          validMs: [NOW_MS - YEAR_MS, NOW_MS - 2 * DAY_MS],
        }),
      },
      /was not valid then/,
    ],
    ['by a responder whose certificate is missing', { by: keys.responder }, /not signed by the responder/],
    ['with something critical that is unknown', { critical: '1.2.3.4' }, /critical extension 1\.2\.3\.4/],
    ['with something critical in the statement', { criticalInStatement: '1.2.3.5' }, /critical extension 1\.2\.3\.5/],
    ['that does not know the certificate', { state: 'unknown' }, /does not know it/],
    ['that ends before it begins', { nextMs: NOW_MS - 2 * DAY_MS }, /ends before it begins/],
    ['from the future', { thisMs: NOW_MS + 3 * DAY_MS, nextMs: NOW_MS + 4 * DAY_MS }, /is of 2026-11-27, after 2026/],
    [
      'that ended before the signature',
      { thisMs: NOW_MS - 9 * DAY_MS, nextMs: NOW_MS - 8 * DAY_MS },
      /ended on 2026-11-16, before/,
    ],
  ] as readonly (readonly [string, Partial<AnswerWish>, RegExp])[])(
    '%s says nothing, which is said',
    (_what, changes, why) => {
      const given = { answers: [answer(changes), ofMiddle()] };
      expect(outcome(barePe, given)).toBe('valid partly-checked');
      expect(whyNot(barePe, given)).toEqual([expect.stringMatching(why)]);
      expect(outcome(barePe, { ...given, required: true })).toBe('untrusted VERIFY_REVOCATION_MISSING partly-checked');
    },
  );

  test('by a responder that is itself revoked says nothing', () => {
    const given = {
      answers: [answer({ by: keys.responder, certificate: responder })],
      lists: [list('middle', { 10: { dateMs: NOW_MS } }, { scope: [contextPrimitive(2, Uint8Array.of(0xff))] })],
    };
    expect(whyNot(barePe, given)).toContainEqual(expect.stringMatching(/whose certificate is revoked/));
  });

  test('about another certificate, or one of the same number by another issuer, is passed over', () => {
    for (const changes of [
      { serial: Uint8Array.of(1, 99) },
      { issuer: root },
      { about: { ...signer, issuer: root.subject } },
    ]) {
      expect(whyNot(barePe, { answers: [answer(changes)] })).toEqual([]);
      expect(outcome(barePe, { answers: [answer(changes)] })).toBe('valid partly-checked');
    }
  });

  test('that says two things of a certificate is heeded for the worse', () => {
    const more = [statementOf({ ...usual, state: { dateMs: NOW_MS - DAY_MS } })];
    expect(outcome(barePe, { answers: [answer({ more })] })).toMatch(/^invalid VERIFY_REVOKED/);
    const good = [statementOf(usual)];
    expect(outcome(barePe, { answers: [answer({ state: { dateMs: NOW_MS - DAY_MS }, more: good })] })).toMatch(
      /^invalid/,
    );
  });

  test('that is good does not outweigh a list that is not, but lifts an older hold', () => {
    const good = answer({ thisMs: NOW_MS - DAY_MS / 2 });
    const entry = (reason: number) => list('middle', { 8: { dateMs: NOW_MS - 9 * DAY_MS, reason } });
    expect(outcome(barePe, { answers: [good], lists: [entry(1)] })).toMatch(/^invalid/);
    expect(outcome(barePe, { answers: [good, ofMiddle()], lists: [entry(6)] })).toBe('valid good');
    const older = answer({ thisMs: NOW_MS - 2 * DAY_MS });
    expect(outcome(barePe, { answers: [older], lists: [entry(6)] })).toMatch(/^invalid/);
  });

  test('that does not say until when it holds is one of its day', () => {
    const of = (thisMs: number) => ({ answers: [answer({ thisMs, nextMs: undefined }), ofMiddle()] });
    expect(outcome(barePe, of(NOW_MS - DAY_MS / 2))).toBe('valid good');
    expect(outcome(barePe, of(NOW_MS - 3 * DAY_MS))).toBe('valid partly-checked');
    expect(outcome(stampedPe, of(NOW_MS - 3 * DAY_MS))).toBe('valid good');
    expect(outcome(stampedPe, of(SIGNED_MS - 3 * DAY_MS))).toBe('valid partly-checked');
  });

  test('that has ended by now is used for a stamped signature that it reaches, and said', () => {
    const old = { nextMs: NOW_MS - DAY_MS / 2 };
    const given = { answers: [answer(old), ofMiddle(old)] };
    expect(outcome(stampedPe, given)).toBe('valid good');
    expect(judged(stampedPe, given).diagnostics.map(({ code }) => code)).toContain('VERIFY_REVOCATION_STALE');
  });
});

describe('a list', () => {
  const early = { dateMs: SIGNED_MS - DAY_MS };
  const whole = (...lists: Parameters<typeof list>[]) => ({
    lists: [list('root'), ...lists.map((one) => list(...one))],
  });

  test('on hold makes invalid what was signed meanwhile, until a newer list of changes takes it off', () => {
    const held = { 8: { ...early, reason: 6 } };
    expect(outcome(barePe, whole(['middle', held]))).toBe('invalid VERIFY_REVOKED revoked');
    const lifted = { 8: { dateMs: NOW_MS, reason: 8 } };
    const changes = { number: 6, changesSince: 5 };
    expect(outcome(barePe, whole(['middle', held], ['middle', lifted, changes]))).toBe('valid good');
    // Of an older base, of another scope, not newer, or a revocation that is none of a hold: not lifted.
    for (const [base, change] of [
      [held, { number: 6, changesSince: 6 }],
      [held, { number: 5, changesSince: 4 }],
      [held, { ...changes, scope: [contextPrimitive(1, Uint8Array.of(0xff))] }],
      [{ 8: { ...early, reason: 1 } }, changes],
    ] as const) {
      expect(outcome(barePe, whole(['middle', base], ['middle', lifted, change]))).toMatch(/^invalid/);
    }
  });

  test('of changes is heeded for whom it names, and vouches for nobody', () => {
    const changes = { number: 6, changesSince: 5 };
    expect(outcome(barePe, whole(['middle', {}, changes]))).toBe('valid partly-checked');
    expect(whyNot(barePe, whole(['middle', {}, changes]))).toEqual(['lists changes only.']);
    expect(outcome(barePe, whole(['middle', { 8: early }, changes]))).toMatch(/^invalid/);
    expect(outcome(barePe, whole(['middle'], ['middle', { 8: early }, changes]))).toMatch(/^invalid/);
  });

  const place = (url: string) =>
    contextConstructed(0, contextConstructed(0, contextPrimitive(6, new TextEncoder().encode(url))));
  const yes = Uint8Array.of(0xff);
  test.each([
    ['of signers', [contextPrimitive(1, yes)], undefined],
    ['of authorities', [contextPrimitive(2, yes)], /speaks of other certificates/],
    ['of attribute certificates', [contextPrimitive(5, yes)], /speaks of other certificates/],
    ['of some reasons', [contextPrimitive(3, Uint8Array.of(1, 0x40))], /some reasons only/],
    ['that is indirect', [contextPrimitive(4, yes)], /indirect list/],
    ['of the place that the certificate names', [place(PLACE)], undefined],
    ['of another place', [place('http://lists.example/other.crl')], /another place/],
  ])('%s vouches for what it speaks of only, and is heeded for whom it names', (_what, scope, why) => {
    const given = whole(['middle', {}, { scope }]);
    expect(outcome(barePe, given)).toBe(why === undefined ? 'valid good' : 'valid partly-checked');
    expect(whyNot(barePe, given)).toEqual(why === undefined ? [] : [expect.stringMatching(why)]);
    expect(outcome(barePe, whole(['middle', { 8: early }, { scope }]))).toMatch(/^invalid/);
  });

  test('whose entries are of another issuer says nothing of this one', () => {
    const foreign = { scope: [contextPrimitive(4, yes)], entryIssuer: 'Elsewhere' };
    expect(outcome(barePe, whole(['middle', { 8: early }, foreign]))).toBe('valid partly-checked');
    // The name goes on for the entries below it.
    expect(outcome(barePe, whole(['middle', { 7: early, 8: early }, foreign]))).toBe('valid partly-checked');
    expect(outcome(barePe, whole(['middle', { 8: early }, { ...foreign, entryIssuer: 'Middle' }]))).toMatch(/^invalid/);
  });

  test('with an entry that has something critical unknown is not gone by', () => {
    const given = whole(['middle', { 8: early }, { criticalInEntry: '1.2.3' }]);
    expect(outcome(barePe, given)).toBe('valid partly-checked');
    expect(whyNot(barePe, given)).toEqual([expect.stringMatching(/critical extension 1\.2\.3/)]);
  });
});

describe('the explanation of a revocation', () => {
  const stateOf = (dateMs: number, more: Partial<Revoked> = {}) => [answer({ state: { dateMs, reason: 1, ...more } })];
  const late = SIGNED_MS + DAY_MS;

  test.each([
    ['after the stamp', stampedPe, stateOf(late), 'revoked-after-stamp', /goes on counting/],
    [
      'before the stamp',
      stampedPe,
      stateOf(SIGNED_MS - DAY_MS),
      'revoked-before-stamp',
      /so the signature is not valid/,
    ],
    [
      'after the stamp, for a key that was lost before it',
      stampedPe,
      stateOf(late, { invalidityMs: SIGNED_MS - DAY_MS }),
      'revoked-before-stamp',
      /as invalid since .* \(assumed: /,
    ],
    ['without a stamp', barePe, stateOf(late), 'revoked-not-stamped', /no time stamp shows/],
  ] as const)('%s is one sentence, and another what to do', (_what, bytes, answers, id, why) => {
    const explanation = explain(judged(bytes, { answers }));
    expect(explanation).toMatchObject({ id, why: expect.stringMatching(why) });
    for (const text of [explanation?.why, explanation?.todo]) {
      expect(text).toMatch(/^[A-Z].*[.]$/);
      expect(text?.split('. ')).toHaveLength(1);
    }
  });

  test('is that of the revocation that counts, where another does not', () => {
    const answers = [...stateOf(late), ofMiddle({ state: { dateMs: SIGNED_MS - DAY_MS } })];
    expect(explain(judged(stampedPe, { answers }))).toMatchObject({
      id: 'revoked-before-stamp',
      why: expect.stringContaining('of Middle was revoked'),
    });
  });

  test('is beside the policy table, which goes by the signature: no kernel is known to ask', () => {
    const file = judged(stampedPe, { answers: stateOf(SIGNED_MS - DAY_MS) });
    const state = {
      windows: '11-24h2',
      arch: 'x64',
      secureBoot: false,
      testSigning: true,
      hvci: false,
      upgraded: false,
    };
    expect(file.verdict).toBe('invalid');
    expect(policyAnswer(file, { ...state, arch: 'x64' })).toEqual(
      policyAnswer(judged(stampedPe, {}), { ...state, arch: 'x64' }),
    );
  });

  test('is not given for a file whose bytes are others, nor where nothing was revoked', () => {
    const changed = stampedPe.slice();
    changed[0x300] = (changed[0x300] ?? 0) ^ 1;
    const revoked = judged(changed, { answers: stateOf(SIGNED_MS - DAY_MS) });
    expect(revoked.reason).toBe('VERIFY_DIGEST_MISMATCH');
    expect(explain(revoked)?.id ?? '').not.toMatch(/^revoked/);
    expect(explain(judged(stampedPe, { answers: [answer()] }))?.id ?? '').not.toMatch(/^revoked/);
  });
});

describe('the bytes of an OCSP answer', () => {
  const bytes = answerBytes({ ...usual, by: keys.responder, certificate: responder, others: [root] });
  const need = { certificate: signer, issuer: middle };
  const saidBy = (changed: Uint8Array): readonly string[] => {
    try {
      const evidence = { lists: [], answers: parseOcspResponses(changed, 'a.ocsp'), nowMs: NOW_MS };
      return answersSaying(need, evidence).map(({ what }) => what);
    } catch (error) {
      expect(error).toMatchObject({ code: expect.stringMatching(/^DER_|^REVOCATION_REFUSED$/) });
      return [];
    }
  };

  test('are read from DER, and several from PEM', () => {
    expect(saidBy(bytes)).toEqual(['good']);
    const pem = new TextEncoder().encode(encodePem('OCSP RESPONSE', bytes) + encodePem('OCSP RESPONSE', bytes));
    expect(saidBy(pem)).toEqual(['good', 'good']);
  });

  test('that are flipped never say good by a changed statement', () => {
    const original = parseOcspResponse(bytes, 'a.ocsp');
    let good = 0;
    for (let at = 0; at < bytes.length; at += 1) {
      for (const bit of [0x01, 0x02, 0x20, 0x80, 0xff]) {
        const changed = bytes.slice();
        changed[at] = (changed[at] ?? 0) ^ bit;
        if (!saidBy(changed).includes('good')) continue;
        good += 1;
        // Only what nobody signed may have changed: certificates that were not needed.
        expect(parseOcspResponse(changed, 'a.ocsp').tbs).toEqual(original.tbs);
      }
    }
    expect(good).toBeLessThan(root.der.length * 5);
  }, 60_000);

  test('that are cut or exchanged stop with a reason and a place, and never hang', () => {
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.uint8Array({ maxLength: 40 }), (at, middle) => {
        const changed = new Uint8Array([...bytes.subarray(0, at), ...middle, ...bytes.subarray(at + middle.length)]);
        const said = saidBy(changed);
        if (said.includes('good'))
          expect(parseOcspResponse(changed, 'a').tbs).toEqual(parseOcspResponse(bytes, 'a').tbs);
        expect(saidBy(changed.subarray(0, at))).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  test.each([
    [1, 'malformedRequest'],
    [3, 'tryLater'],
    [6, 'unauthorized'],
  ])('that are a refusal (%i) name it', (status, name) => {
    const refusal = Uint8Array.of(0x30, 0x03, 0x0a, 0x01, status);
    expect(() => parseOcspResponse(refusal, 'a.ocsp')).toThrow(
      expect.objectContaining({ code: 'REVOCATION_REFUSED', message: expect.stringContaining(name) }),
    );
  });
});

describe('the bytes of a list', () => {
  test('that are flipped never vouch by a changed list', () => {
    const bytes = crlBytes(keys.middle, { 9: { dateMs: SIGNED_MS, reason: 1 } }, { thisMs: NOW_MS, nextMs: NOW_MS });
    const original = parseRevocationList(bytes, 'a.crl');
    const need = { certificate: signer, issuer: middle };
    for (let at = 0; at < bytes.length; at += 1) {
      for (const bit of [0x01, 0x20, 0x80]) {
        const changed = bytes.slice();
        changed[at] = (changed[at] ?? 0) ^ bit;
        try {
          const lists = [parseRevocationList(changed, 'a.crl')];
          const said = listsSaying(need, { lists, answers: [], nowMs: NOW_MS });
          if (said.some(({ what }) => what === 'good')) expect(lists[0]?.tbs).toEqual(original.tbs);
        } catch (error) {
          expect(error).toMatchObject({ code: expect.stringMatching(/^DER_/) });
        }
      }
    }
  });
});
