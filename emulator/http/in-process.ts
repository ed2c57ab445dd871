import { WinpvError } from '../../core/errors.ts';
import type { Http, HttpResponse } from '../../core/ports.ts';
import type { PartnerCenter, ServedResponse } from '../cloud/partner-center/service.ts';
import { cloudRequest } from './requests.ts';

const portResponse = (served: ServedResponse, maxBytes: number | undefined): HttpResponse => {
  if (served.cutAfter !== undefined) {
    throw new WinpvError('REMOTE_UNREACHABLE', 'It cannot be reached: the connection was cut.');
  }
  if (maxBytes !== undefined && served.body.length > maxBytes) {
    throw new WinpvError('REMOTE_TOO_LARGE', `The answer has more than ${maxBytes} bytes.`);
  }
  return { status: served.status, headers: served.headers, body: served.body };
};

/**
 * The emulated Partner Center as an HTTP port, in this process: whatever origin a URL has, it is the emulator's.
 * A connection that breaks is REMOTE_UNREACHABLE, as with the real port.
 */
export const inProcessHttp = (service: PartnerCenter): Http => ({
  send: async (request) => portResponse(await service.handle(cloudRequest(request)), request.maxBytes),
});
