/*
 * Asks Windows' own interfaces (here as Wine implements them) about signatures. Prints one `name value` a line; a call that
 * fails prints `name error <code>`. Compiled and run by test/support/wine.ts.
 *
 *   win-trust trust FILE [ROOT.cer]   WinVerifyTrust, then the signer as its provider found it
 *   win-trust query FILE              CryptQueryObject and the message that it opens
 *   win-trust image FILE              ImageGetCertificateHeader, ImageGetCertificateData, ImageGetDigestStream
 *   win-trust catalog FILE            CryptCATOpen and every member with its attributes
 *   win-trust member FILE             CryptCATAdminCalcHashFromFileHandle: the hash by which a catalog lists the file
 *   win-trust roots -                 thumbprint and SubjectPublicKeyInfo of every root in the store "Root"
 */
#include <windows.h>
#include <imagehlp.h>
#include <wincrypt.h>
#include <wintrust.h>
#include <softpub.h>
#include <mscat.h>
#include <mssip.h>
#include <stdio.h>
#include <wchar.h>

static void hex(const char *name, const BYTE *bytes, DWORD size) {
    printf("%s ", name);
    for (DWORD i = 0; i < size; i++) printf("%02x", bytes[i]);
    printf("\n");
}

static void failed(const char *name) { printf("%s error %08lx\n", name, GetLastError()); }

/* As UTF-8, so that the reader need not know the code page. */
static void text(const char *name, const WCHAR *value) {
    static char buffer[65536];
    int size = WideCharToMultiByte(CP_UTF8, 0, value, -1, buffer, sizeof buffer, NULL, NULL);
    printf("%s %s\n", name, size ? buffer : "?");
}

static HANDLE openFile(const WCHAR *path) {
    return CreateFileW(path, GENERIC_READ, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
}

static void subject(const char *name, PCCERT_CONTEXT certificate) {
    WCHAR value[1024];
    CertGetNameStringW(certificate, CERT_NAME_SIMPLE_DISPLAY_TYPE, 0, NULL, value, 1024);
    text(name, value);
}

/* Makes a root one that this prefix trusts. */
static int believe(const WCHAR *path) {
    static BYTE der[65536];
    DWORD size = 0;
    HANDLE file = openFile(path);
    if (file == INVALID_HANDLE_VALUE || !ReadFile(file, der, sizeof der, &size, NULL)) return failed("root"), 1;
    CloseHandle(file);
    HCERTSTORE store = CertOpenStore(CERT_STORE_PROV_SYSTEM_W, 0, 0, CERT_SYSTEM_STORE_LOCAL_MACHINE, L"Root");
    if (!store || !CertAddEncodedCertificateToStore(store, X509_ASN_ENCODING, der, size, CERT_STORE_ADD_REPLACE_EXISTING, NULL))
        return failed("root"), 1;
    CertCloseStore(store, 0);
    return 0;
}

static int trust(const WCHAR *path) {
    GUID action = WINTRUST_ACTION_GENERIC_VERIFY_V2;
    WINTRUST_FILE_INFO file = { .cbStruct = sizeof file, .pcwszFilePath = path };
    WINTRUST_DATA data = { .cbStruct = sizeof data, .dwUIChoice = WTD_UI_NONE, .fdwRevocationChecks = WTD_REVOKE_NONE,
                           .dwUnionChoice = WTD_CHOICE_FILE, .pFile = &file, .dwStateAction = WTD_STATEACTION_VERIFY };
    printf("trust %08lx\n", WinVerifyTrust(INVALID_HANDLE_VALUE, &action, &data));
    CRYPT_PROVIDER_DATA *provider = WTHelperProvDataFromStateData(data.hWVTStateData);
    CRYPT_PROVIDER_SGNR *signer = provider ? WTHelperGetProvSignerFromChain(provider, 0, FALSE, 0) : NULL;
    for (DWORD i = 0; signer && i < signer->csCertChain; i++) {
        CRYPT_PROVIDER_CERT *certificate = WTHelperGetProvCertFromChain(signer, i);
        if (certificate) subject("chain", certificate->pCert);
    }
    data.dwStateAction = WTD_STATEACTION_CLOSE;
    WinVerifyTrust(INVALID_HANDLE_VALUE, &action, &data);
    return 0;
}

static void *messageParam(HCRYPTMSG message, DWORD kind, DWORD *size) {
    if (!CryptMsgGetParam(message, kind, 0, NULL, size)) return NULL;
    void *value = malloc(*size);
    return CryptMsgGetParam(message, kind, 0, value, size) ? value : NULL;
}

static int query(const WCHAR *path) {
    DWORD encoding, content, format, size;
    HCERTSTORE store = NULL;
    HCRYPTMSG message = NULL;
    if (!CryptQueryObject(CERT_QUERY_OBJECT_FILE, path,
                          CERT_QUERY_CONTENT_FLAG_PKCS7_SIGNED | CERT_QUERY_CONTENT_FLAG_PKCS7_SIGNED_EMBED,
                          CERT_QUERY_FORMAT_FLAG_BINARY, 0, &encoding, &content, &format, &store, &message, NULL))
        return failed("query"), 0;
    printf("query %lu\n", content);
    char *type = messageParam(message, CMSG_INNER_CONTENT_TYPE_PARAM, &size);
    printf("content-type %s\n", type ? type : "?");
    BYTE *body = messageParam(message, CMSG_CONTENT_PARAM, &size);
    if (body) hex("content", body, size);
    CMSG_SIGNER_INFO *signer = messageParam(message, CMSG_SIGNER_INFO_PARAM, &size);
    if (!signer) return failed("signer"), 0;
    printf("digest-algorithm %s\n", signer->HashAlgorithm.pszObjId);
    for (DWORD i = 0; i < signer->AuthAttrs.cAttr; i++) printf("authenticated %s\n", signer->AuthAttrs.rgAttr[i].pszObjId);
    for (DWORD i = 0; i < signer->UnauthAttrs.cAttr; i++) printf("unauthenticated %s\n", signer->UnauthAttrs.rgAttr[i].pszObjId);
    CERT_INFO wanted = { .Issuer = signer->Issuer, .SerialNumber = signer->SerialNumber };
    PCCERT_CONTEXT certificate = CertGetSubjectCertificateFromStore(store, encoding, &wanted);
    if (!certificate) return failed("subject"), 0;
    subject("subject", certificate);
    if (CryptMsgControl(message, 0, CMSG_CTRL_VERIFY_SIGNATURE, certificate->pCertInfo)) printf("signature ok\n");
    else failed("signature");
    return 0;
}

static BOOL WINAPI collect(DIGEST_HANDLE hash, PBYTE bytes, DWORD size) {
    return CryptHashData((HCRYPTHASH)hash, bytes, size, 0);
}

static int image(const WCHAR *path) {
    HANDLE file = openFile(path);
    DWORD count = 0, size = 0;
    WIN_CERTIFICATE header = { 0 };
    if (!ImageEnumerateCertificates(file, CERT_SECTION_TYPE_ANY, &count, NULL, 0)) failed("count");
    else printf("count %lu\n", count);
    if (!ImageGetCertificateHeader(file, 0, &header)) failed("header");
    else printf("header %lu %x %x\n", header.dwLength, header.wRevision, header.wCertificateType);
    ImageGetCertificateData(file, 0, NULL, &size);
    WIN_CERTIFICATE *data = size ? calloc(1, size) : NULL;
    if (!data || !ImageGetCertificateData(file, 0, data, &size)) failed("data");
    else hex("data", data->bCertificate, data->dwLength - 8);
    static const struct { const char *name; ALG_ID id; } hashes[] = { { "sha1", CALG_SHA1 }, { "sha256", CALG_SHA_256 } };
    HCRYPTPROV provider;
    CryptAcquireContextW(&provider, NULL, NULL, PROV_RSA_AES, CRYPT_VERIFYCONTEXT);
    for (int i = 0; i < 2; i++) {
        BYTE digest[64];
        HCRYPTHASH hash;
        DWORD length = sizeof digest;
        CryptCreateHash(provider, hashes[i].id, 0, 0, &hash);
        if (ImageGetDigestStream(file, CERT_PE_IMAGE_DIGEST_ALL_IMPORT_INFO | CERT_PE_IMAGE_DIGEST_RESOURCES, collect, (DIGEST_HANDLE)hash)
            && CryptGetHashParam(hash, HP_HASHVAL, digest, &length, 0)) hex(hashes[i].name, digest, length);
        else failed(hashes[i].name);
    }
    return 0;
}

static int catalog(const WCHAR *path) {
    HANDLE catalog = CryptCATOpen((WCHAR *)path, CRYPTCAT_OPEN_EXISTING, 0, 0, 0);
    if (catalog == INVALID_HANDLE_VALUE || !catalog) return failed("catalog"), 0;
    for (CRYPTCATATTRIBUTE *a = NULL; (a = CryptCATEnumerateCatAttr(catalog, a));) text("catalog-attribute", a->pwszReferenceTag);
    for (CRYPTCATMEMBER *member = NULL; (member = CryptCATEnumerateMember(catalog, member));) {
        text("member", member->pwszReferenceTag ? member->pwszReferenceTag : L"");
        SIP_INDIRECT_DATA *indirect = member->pIndirectData;
        if (indirect) hex("digest", indirect->Digest.pbData, indirect->Digest.cbData);
        for (CRYPTCATATTRIBUTE *a = NULL; (a = CryptCATEnumerateAttr(catalog, member, a));) {
            text("attribute", a->pwszReferenceTag);
            hex("value", a->pbValue, a->cbValue);
        }
    }
    printf("catalog ok\n");
    CryptCATClose(catalog);
    return 0;
}

static int memberHash(const WCHAR *path) {
    BYTE digest[64];
    DWORD size = sizeof digest;
    HANDLE file = openFile(path);
    if (!CryptCATAdminCalcHashFromFileHandle(file, &size, digest, 0)) return failed("member"), 0;
    hex("member", digest, size);
    return 0;
}

static int roots(void) {
    HCERTSTORE store = CertOpenSystemStoreW(0, L"Root");
    for (PCCERT_CONTEXT root = NULL; (root = CertEnumCertificatesInStore(store, root));) {
        BYTE thumbprint[20];
        DWORD size = sizeof thumbprint;
        BYTE *key = NULL;
        DWORD keySize = 0;
        CertGetCertificateContextProperty(root, CERT_SHA1_HASH_PROP_ID, thumbprint, &size);
        if (!CryptEncodeObjectEx(X509_ASN_ENCODING, X509_PUBLIC_KEY_INFO, &root->pCertInfo->SubjectPublicKeyInfo,
                                 CRYPT_ENCODE_ALLOC_FLAG, NULL, &key, &keySize)) continue;
        hex("root", thumbprint, size);
        hex("key", key, keySize);
        LocalFree(key);
    }
    return 0;
}

int wmain(int count, WCHAR **args) {
    if (count < 3) return 2;
    const WCHAR *verb = args[1], *path = args[2];
    if (!wcscmp(verb, L"trust")) return count > 3 && believe(args[3]) ? 1 : trust(path);
    if (!wcscmp(verb, L"query")) return query(path);
    if (!wcscmp(verb, L"image")) return image(path);
    if (!wcscmp(verb, L"catalog")) return catalog(path);
    if (!wcscmp(verb, L"roots")) return roots();
    return wcscmp(verb, L"member") ? 2 : memberHash(path);
}
