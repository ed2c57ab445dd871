import type { CodesOf, Explanation } from './contract.ts';

/** Partner Center, and the emulated services. */
export const PUBLISHING_TEXTS: Readonly<Record<CodesOf<'PUBLISH' | 'EMUSERVE'>, Explanation>> = {
  PUBLISH_ANSWER_SYNTAX: [
    'Something between here and the service answered: mostly a proxy or sign-in page.',
    'Check the proxy and the endpoint, then --resume.',
  ],
  PUBLISH_ANSWER_INVALID: [
    'The answer is JSON of another form than documented, or not what was asked for.',
    'Go on with --resume; report it if it stays, with the correlation id.',
  ],
  PUBLISH_CREDENTIALS_MISSING: [
    'Tenant, application and secret (or another way to sign in) were not all given.',
    'Set them as options, variables or file: docs/guide/submission.md.',
  ],
  PUBLISH_CREDENTIALS_INVALID: [
    'The file is not in the form of an authconfig.json, or lacks the account that was asked for.',
    'Correct the file or the number of the account.',
  ],
  PUBLISH_ENDPOINT: [
    'The address is no plain URL of the service or of this machine.',
    'Leave it out for the real service, or take what `winpv emulator serve` printed.',
  ],
  PUBLISH_AUTH_REFUSED: [
    'Microsoft Entra does not give a token: wrong application, expired secret or certificate, or a wrong clock.',
    'Renew the secret in Entra, and check the ids.',
  ],
  PUBLISH_FORBIDDEN: [
    'The application signs in and lacks a role that the request needs.',
    'Give the application the hardware roles Driver Submitter and Shipping Label Owner in Partner Center.',
  ],
  PUBLISH_NOT_FOUND: [
    'The product, submission or label is of another account, or was deleted.',
    'Check the id and which account is used.',
  ],
  PUBLISH_REFUSED: [
    'The service does not accept what the request says; its words are in the message.',
    'Correct what it names. The correlation id is for Microsoft’s support.',
  ],
  PUBLISH_THROTTLED: ['The service asked to wait longer than winpv does.', 'Go on later with --resume.'],
  PUBLISH_SERVER_FAILED: ['Server errors came back after every repetition.', 'Go on later with --resume.'],
  PUBLISH_ANSWER_LOST: [
    'The connection broke off after a request that must not be sent twice.',
    'Go on with --resume: it looks before it asks again.',
  ],
  PUBLISH_UPLOAD_FAILED: [
    'The blob store did not take the package. It was not committed.',
    'Go on with --resume, which uploads it again.',
  ],
  PUBLISH_UPLOAD_DIFFERS: [
    'Size or content in the store is not that of the package. It was not committed.',
    'Go on with --resume, which uploads it again.',
  ],
  PUBLISH_DOWNLOAD_FAILED: [
    'The signed package or metadata broke off or is not what its length says. Nothing was kept.',
    'Go on with --resume.',
  ],
  PUBLISH_COMMIT_FAILED: [
    'Partner Center refused the package as soon as it was handed in.',
    'Read its report; correct the package and submit to a new product.',
  ],
  PUBLISH_WORKFLOW_FAILED: [
    'A step of Microsoft’s checks failed. A failed submission cannot be mended.',
    'Correct the package after the report, and begin a new submission.',
  ],
  PUBLISH_WAIT_TIMEOUT: [
    'The time of --wait is over; the submission goes on without winpv.',
    '`winpv status` shows it; --resume takes it up again.',
  ],
  PUBLISH_STATE_BROKEN: [
    'The file that keeps the ids of a submission is damaged. It was left as it is.',
    'The .jsonl file beside it has the ids of what was made.',
  ],
  PUBLISH_STATE_NEWER: ['A later version of winpv wrote it. It was left as it is.', 'Go on with that version.'],
  PUBLISH_STATE_DIFFERS: [
    'What was begun is of another package, account or plan. Nothing was changed.',
    'End it with what it was begun with, or move the file away to begin anew.',
  ],
  PUBLISH_RELEASE_UNFIT: [
    'The release was not rehearsed, does not verify, holds stand-ins, or is for no Windows that can be asked for.',
    'Correct what the message names, and release again.',
  ],
  PUBLISH_PACKAGE_DIFFERS: ['The file was changed after the release or the plan.', 'Bring it back, or release again.'],
  PUBLISH_PACKAGE_MISSING: [
    'The folder has no submission cabinet or no release.json.',
    'Name the folder of `winpv release`, or give --package.',
  ],
  PUBLISH_METADATA_LATE: [
    'Labels need the driver metadata, which comes minutes to hours after the signed package.',
    'Fetch it later with `winpv submit … --resume`.',
  ],
  PUBLISH_FIELD_UNKNOWN: [
    'A note: Microsoft added a field. It was kept and does not change what winpv does.',
    'Nothing; look whether a newer winpv knows it.',
  ],
  PUBLISH_UNSIGNED_FOR_WINDOWS: [
    'The packages have your own signature alone. Windows 10 1607 and later with Secure Boot load only what Partner Center signed.',
    'Submit the release first; for test machines nothing.',
  ],
  PUBLISH_NOT_CONFIRMED: [
    'What goes through Partner Center reaches machines of the world, so winpv asks first.',
    'Look at the plan, then add --yes.',
  ],
  PUBLISH_NOTHING_ASKED: ['Neither a place nor a medium was named.', 'Give --to, or --iso, --zip, --cab or --symbols.'],
  EMUSERVE_NOT_LOOPBACK: [
    'They are for trials; other machines could not tell them from the real ones.',
    'Leave --host out, or give 127.0.0.1, ::1 or localhost.',
  ],
  EMUSERVE_PORT: [
    'The port is in use, or needs rights that this user lacks.',
    'Name another with --port; 0 takes a free one.',
  ],
  EMUSERVE_FAULT_UNKNOWN: ['The name after --fault is none of the list.', 'Take one of those in the hint.'],
  EMUSERVE_STATE: [
    'The file is damaged or of something else.',
    'Name another file with --state, or remove it to begin anew.',
  ],
  EMUSERVE_STATE_NEWER: ['A later version of winpv wrote it.', 'Use that version, or begin a new file.'],
};

/** Shipping labels. */
export const LABEL_TEXTS: Readonly<Record<CodesOf<'LABEL'>, Explanation>> = {
  LABEL_NOT_SUBMITTED: [
    'A label offers what a submission signed; for this brand and driver there is none, or it is not done.',
    'Submit first: `winpv submit`.',
  ],
  LABEL_ROWS_EMPTY: [
    'A pattern of bundle, INF, Windows or id fits no row of the driver metadata.',
    'Take one of the values in the hint.',
  ],
  LABEL_ROW_UNKNOWN: [
    'Partner Center refuses rows that the submission does not have.',
    'See `winpv label plan` for those that there are.',
  ],
  LABEL_PNP_STRING: [
    'The service compares ids letter by letter, and this one is written otherwise than in its metadata.',
    'Copy it from the driver metadata.',
  ],
  LABEL_NO_OWN_DEVICE: [
    '0001 and 0002 are on every Xen guest: the driver would reach those of other vendors.',
    'Reserve a device id and set `vendorDeviceId`.',
  ],
  LABEL_FOREIGN_ID: [
    'An id of the label belongs to another brand or vendor, whose machines would be offered this driver.',
    'Take the row out.',
  ],
  LABEL_REVIEWED: [
    'Such ids or settings are looked at by people, which takes days.',
    'Leave them out if the label should go out sooner.',
  ],
  LABEL_SIGNATURE: [
    'An attested or test-signed driver does not reach everybody by Windows Update.',
    'Restrict the label to test audiences, or have the driver tested (WHQL).',
  ],
  LABEL_SPECIFICATIONS: [
    'Destination, recipient and publishing settings do not go together.',
    'Correct what the message names.',
  ],
  LABEL_APPROVAL: [
    'Automatic offers need information for Microsoft’s approval: contact, business reason, what was tested.',
    'Fill additionalInfoForMsApproval.',
  ],
  LABEL_RESTART: [
    'The driver starts with Windows, so that a new one works after a restart only, and the label says otherwise or nothing.',
    'Set isRebootRequired to true.',
  ],
  LABEL_GO_LIVE: [
    'goLiveDate is no ISO 8601 time, is past, or is more than Microsoft promises to heed.',
    'Leave it out, or give a time to come.',
  ],
  LABEL_RANGE: [
    'With this floor or ceiling nothing is offered, it does nothing, or the account may not set it.',
    'Correct it to the Windows of the rows, or leave it out.',
  ],
  LABEL_CHID: [
    'Computer ids are GUIDs, begin with Windows 10, and are not for display drivers.',
    'Leave them out, or correct them.',
  ],
  LABEL_AUDIENCE: [
    'The name or id is none of those that Partner Center lists for the account.',
    'Take one of the list.',
  ],
  LABEL_SYSTEMS_MIXED: ['One label may not have both; the service refuses it.', 'Make two labels.'],
  LABEL_OS_CODE: ['The list grows with Windows; a typing error looks the same.', 'Compare with the driver metadata.'],
  LABEL_FORWARD: [
    'A note: what is offered to a Windows is offered to later ones until one has a row of its own.',
    'Set a ceiling if that is not meant and the account may.',
  ],
  LABEL_BUS_MISSING: [
    'No label offers the bus that makes the device, or no known bus lists its revision: nothing would be offered.',
    'Publish the bus with it, or say --bus-installed.',
  ],
  LABEL_TWICE: ['Two labels have one id, or the same rows for the same people.', 'Remove one of them.'],
  LABEL_TO_RETAIL: [
    'A label for test audiences would become one for everybody.',
    'Say --allow-retail when that is meant.',
  ],
  LABEL_REMOVES: [
    'Rows that are live would no longer be offered. Machines that have the driver keep it.',
    'Say --expire when that is meant.',
  ],
  LABEL_FIXED: [
    'No request changes this field once the label exists.',
    'Give the label another name, and expire the one that is there.',
  ],
  LABEL_PLAN_STALE: [
    'Somebody changed a label after the plan was made. Nothing was changed.',
    'Plan again, and look at the table.',
  ],
  LABEL_BUSY: ['Changes are refused during this step of Microsoft’s workflow.', 'Apply again later, or with --wait.'],
  LABEL_FAILED: [
    'A step of Microsoft’s checks refused the label; its words are in the message.',
    'Change what it targets, and apply again.',
  ],
};

/** Driver repositories, and the forms in which a release is handed on. */
export const REPOSITORY_TEXTS: Readonly<Record<CodesOf<'REPOSITORY' | 'DELIVERY'>, Explanation>> = {
  REPOSITORY_FOREIGN: [
    'The folder or place has files that its index does not list. Nothing was published.',
    'Name an empty folder, or move those files away.',
  ],
  REPOSITORY_BROKEN: [
    'The index, or the note of a publication that stopped, cannot be read. Nothing was changed.',
    'Take it from a backup, or look with `winpv publish --check`.',
  ],
  REPOSITORY_NEWER: ['A later version of winpv wrote it. Nothing was changed.', 'Publish with that version.'],
  REPOSITORY_VERSION_TAKEN: [
    'Whoever has that version keeps it, so other content under it would reach nobody.',
    'Release under a higher version.',
  ],
  REPOSITORY_NAME_REFUSED: [
    'The name is reserved on Windows, too long, or one that winpv uses itself.',
    'Rename the file in the source.',
  ],
  REPOSITORY_FILE_MISSING: [
    'A published file was removed by something else than winpv.',
    'Bring it back from a backup or the release.',
  ],
  REPOSITORY_FILE_DIFFERS: [
    'A published file was changed after it was published.',
    'Bring it back from the release; the pages that follow from the index are written anew.',
  ],
  REPOSITORY_FILE_EXTRA: ['Something else than winpv put the file there.', 'Remove it, if nobody needs it.'],
  REPOSITORY_LEFTOVER: [
    'A publication was cut off, or runs just now; what is in the index is whole.',
    'Publish again, which clears it up.',
  ],
  DELIVERY_NO_SYMBOLS: [
    'No .pdb stood beside the binaries, so there is nothing for the archive.',
    'Put the .pdb files into the folders of `sources`.',
  ],
  DELIVERY_SYMBOLS_FOREIGN: [
    'The GUID or age in the image is not that of the .pdb: a debugger would not load it.',
    'Take the .pdb of the same build.',
  ],
};
