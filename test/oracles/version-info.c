/* Asks Windows' own functions what the version information of a file says:
 *   version-info FILE NAME...
 * prints the fixed part and the named strings of each translation, in UTF-8;
 *   version-info --run FILE
 * runs a program and ends as it does. */
#include <windows.h>
#include <stdio.h>

static void say(const wchar_t *text) {
    char utf8[8192];
    WideCharToMultiByte(CP_UTF8, 0, text, -1, utf8, sizeof utf8, NULL, NULL);
    printf("%s", utf8);
}

static int run(wchar_t *path) {
    STARTUPINFOW start = { sizeof start };
    PROCESS_INFORMATION process;
    DWORD code = 99;

    if (!CreateProcessW(path, NULL, NULL, NULL, TRUE, 0, NULL, NULL, &start, &process)) {
        printf("not started %lu\n", GetLastError());
        return 98;
    }
    WaitForSingleObject(process.hProcess, 60000);
    GetExitCodeProcess(process.hProcess, &code);
    return (int)code;
}

int wmain(int argc, wchar_t **argv) {
    DWORD ignored, size;
    void *data;
    VS_FIXEDFILEINFO *fixed;
    struct { WORD language, codepage; } *translations;
    UINT length, i;
    int arg;

    if (argc < 2) return 2;
    if (argc == 3 && wcscmp(argv[1], L"--run") == 0) return run(argv[2]);
    size = GetFileVersionInfoSizeW(argv[1], &ignored);
    if (size == 0) { printf("none %lu\n", GetLastError()); return 3; }
    data = malloc(size);
    if (!GetFileVersionInfoW(argv[1], 0, size, data)) { printf("unreadable %lu\n", GetLastError()); return 4; }
    if (VerQueryValueW(data, L"\\", (void **)&fixed, &length)) {
        printf("file %u.%u.%u.%u\n", HIWORD(fixed->dwFileVersionMS), LOWORD(fixed->dwFileVersionMS),
               HIWORD(fixed->dwFileVersionLS), LOWORD(fixed->dwFileVersionLS));
        printf("product %u.%u.%u.%u\n", HIWORD(fixed->dwProductVersionMS), LOWORD(fixed->dwProductVersionMS),
               HIWORD(fixed->dwProductVersionLS), LOWORD(fixed->dwProductVersionLS));
        printf("flags %lx type %lx subtype %lx\n", (unsigned long)fixed->dwFileFlags, (unsigned long)fixed->dwFileType,
               (unsigned long)fixed->dwFileSubtype);
    }
    if (!VerQueryValueW(data, L"\\VarFileInfo\\Translation", (void **)&translations, &length)) length = 0;
    for (i = 0; i < length / sizeof *translations; i++) {
        for (arg = 2; arg < argc; arg++) {
            wchar_t query[256];
            wchar_t *value;
            UINT chars;
            swprintf(query, 256, L"\\StringFileInfo\\%04x%04x\\%ls", translations[i].language, translations[i].codepage,
                     argv[arg]);
            if (!VerQueryValueW(data, query, (void **)&value, &chars)) continue;
            printf("%04x%04x ", translations[i].language, translations[i].codepage);
            say(argv[arg]);
            printf(" ");
            say(value);
            printf("\n");
        }
    }
    return 0;
}
