import { describe, expect, test } from 'vitest';
import { WinpvError } from '../../../core/errors.ts';
import {
  createProduct,
  parseServiceTime,
  product,
  readWire,
  submission,
  tokenAnswer,
  writeWire,
} from '../../../publishing/partner-center/contract.ts';
import { ENDPOINTS, fillPath } from '../../../publishing/partner-center/endpoints.ts';
import { parseWireJson, type WireJson } from '../../../publishing/partner-center/json.ts';

const refuse = { what: 'the answer', unknownFields: 'refuse' } as const;
const report = { what: 'the answer', unknownFields: 'report' } as const;
const wire = (text: string): WireJson => parseWireJson(text, 'x');

describe('the contract with Partner Center', () => {
  test('an id is text for us and a bare number on the wire', () => {
    const answer = '{"id":1152921504621465124,"productId":1152921504621465999,"commitStatus":"CommitPending"}';
    const { value } = readWire(submission, wire(answer), refuse);
    expect(value.id).toBe('1152921504621465124');
    expect(value.commitStatus).toBe('commitPending');
    expect(writeWire(submission, value)).toBe(answer.replace('CommitPending', 'commitPending'));
  });

  test('a small id is an id too', () => {
    expect(readWire(submission, wire('{"id":7,"productId":8}'), refuse).value.id).toBe('7');
  });

  test.each([['-1'], ['"7"'], ['1.5'], ['null'], ['18446744073709551616000']])('%s is no id', (id) => {
    expect(() => readWire(submission, wire(`{"id":${id},"productId":8}`), refuse)).toThrow(WinpvError);
  });

  test('a step that comes as a number, or that nobody knows, is a step', () => {
    const status = (step: string) =>
      readWire(
        submission,
        wire(`{"id":1,"productId":2,"workflowStatus":{"currentStep":${step},"state":"Started"}}`),
        refuse,
      ).value.workflowStatus;
    expect(status('4')).toEqual({ currentStep: '4', state: 'started' });
    expect(status('"FinalizeIngestion"')?.currentStep).toBe('finalizeIngestion');
    expect(status('"somethingNew"')?.currentStep).toBe('somethingNew');
  });

  test('unknown fields are refused, or reported with their paths', () => {
    const grown = wire(
      '{"id":1,"productId":2,"colour":"red","downloads":{"items":[{"type":"x","url":"y","size":1}],"more":true}}',
    );
    expect(() => readWire(submission, grown, refuse)).toThrow(/Unrecognized/);
    const read = readWire(submission, grown, report);
    expect([...read.unknown].sort()).toEqual(['colour', 'downloads.items.0.size', 'downloads.more']);
    expect(read.value.downloads?.items).toEqual([{ type: 'x', url: 'y' }]);
  });

  test('a wrong value is named by its path and never printed', () => {
    expect(() => readWire(submission, wire('{"id":1,"productId":2,"name":["sig=secret"]}'), report)).toThrow(
      expect.objectContaining({
        code: 'PUBLISH_ANSWER_INVALID',
        message: expect.not.stringContaining('sig=secret') as string,
      }),
    );
    const enumeration = wire('{"id":1,"productId":2,"commitStatus":"sig=secret"}');
    expect(() => readWire(submission, enumeration, report)).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('sig=secret') as string }),
    );
  });

  test('the first version of the token endpoint counts in text, the second in numbers', () => {
    const first = wire(
      '{"token_type":"Bearer","expires_in":"3599","ext_expires_in":"3599","expires_on":"1700003599","not_before":"1700000000","resource":"r","access_token":"t"}',
    );
    expect(readWire(tokenAnswer, first, refuse).value).toMatchObject({ expires_in: 3599, expires_on: 1700003599 });
    const second = wire('{"token_type":"Bearer","expires_in":3599,"ext_expires_in":3599,"access_token":"t"}');
    expect(readWire(tokenAnswer, second, refuse).value.expires_in).toBe(3599);
  });

  test('the documented body of a new product is a product', () => {
    const body = wire(`{ "productName": "Acme PV bus 9.1.0.5 x64", "testHarness": "Attestation",
      "announcementDate": null, "deviceMetadataIds": [], "firmwareVersion": "0",
      "deviceType": "internal", "isTestSign": false, "isFlightSign": false,
      "marketingNames": [], "selectedProductTypes": {},
      "requestedSignatures": ["WINDOWS_v100_X64_RS5_FULL"], "additionalAttributes": {} }`);
    const asked = readWire(createProduct, body, refuse).value;
    expect(asked.testHarness).toBe('attestation');
    const answered = `{"id":1152921504621465124,"sourceProductId":0,"originType":"author",${JSON.stringify(body).slice(1)}`;
    expect(readWire(product, wire(answered), refuse).value).toMatchObject({ sourceProductId: '0' });
  });

  test('times are ISO 8601 with or without a zone, UTC when there is none', () => {
    const ten = Date.UTC(2026, 0, 2, 10);
    expect(parseServiceTime('2026-01-02T10:00:00Z')).toBe(ten);
    expect(parseServiceTime('2026-01-02T12:00:00+02:00')).toBe(ten);
    expect(parseServiceTime('2026-01-02T10:00:00')).toBe(ten);
    expect(parseServiceTime('2026-01-02T10:00:00.0000000')).toBe(ten);
    expect(parseServiceTime('yesterday')).toBeUndefined();
    expect(parseServiceTime('2026-13-45T10:00:00Z')).toBeUndefined();
  });

  test('paths take their ids escaped', () => {
    expect(fillPath(ENDPOINTS.commitSubmission.path, { p: '1', s: '2' })).toBe('/products/1/submissions/2/commit');
    expect(fillPath(ENDPOINTS.getProduct.path, { p: '../x' })).toBe('/products/..%2Fx');
    expect(Object.keys(ENDPOINTS)).toHaveLength(22);
  });
});
