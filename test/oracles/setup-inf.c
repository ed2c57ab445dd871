/*
 * Asks SetupAPI (here as Wine implements it) what INFs say and what installing them would do. Compiled and run by
 * test/support/wine.ts; test/support/setup-inf.ts writes its questions and reads its answers.
 *
 *   setup-inf QUESTIONS ANSWERS      two files, UTF-8, one question or answer a line, tabs between the parts
 *
 *   open PATH          `open ok`, or `open ERROR LINE`; what follows is about this INF
 *   dump               every section: `section NAME COUNT`, its lines as `line FIELD…`, with a `key TEXT` before each line
 *                      that has one; then `int …` (a number or `-` for each field), `text …`, `multi …` (from field 1)
 *   count SECTION      `count NUMBER` (-1: there is no such section)
 *   actual SECTION     `actual NAME EXTENSION`: the install section with the decoration for this system
 *   source FILE        `source ID SUBFOLDER`, then `disk PATH TAG DESCRIPTION`
 *   target SECTION     `target PATH`: where the files of a list go (no section: the default)
 *   include            opens the INFs that [Version] names as LayoutFile: `include ok` or `include ERROR`
 *   append PATH        adds an INF, as Include does: `append ok` or `append ERROR`
 *   registry SECTION   performs the section's AddReg and DelReg in an empty registry: `key PATH`, `value NAME TYPE HEX`
 *   files SECTION      what its CopyFiles, DelFiles, RenFiles would do: `copy SOURCE TARGET FLAGS`, `delete TARGET`, …
 *   services SECTION   performs AddService and DelService: `service NAME …`, its registry key, and takes it away again
 *
 * A line `?` stands before the answers to each question. A call that fails answers with `VERB error CODE`. Text: a backslash and everything that is not printable ASCII is written
 * as \uXXXX, one for each UTF-16 unit.
 */
#include <windows.h>
#include <setupapi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

static FILE *answers;
static HINF inf = INVALID_HANDLE_VALUE;

static void put(const WCHAR *text, size_t length) {
    fputc('\t', answers);
    for (size_t i = 0; i < length; i++) {
        if (text[i] >= 0x20 && text[i] < 0x7f && text[i] != '\\') fputc(text[i], answers);
        else fprintf(answers, "\\u%04x", text[i]);
    }
}

static void putText(const WCHAR *text) { put(text ? text : L"", text ? wcslen(text) : 0); }

static void end(void) { fputc('\n', answers); }

static void answer(const char *verb, const WCHAR *text) {
    fputs(verb, answers);
    if (text) putText(text);
    end();
}

static void failed(const char *verb) { fprintf(answers, "%s\terror\t%08lx\n", verb, GetLastError()); }

/* A field, to be freed; NULL when there is none. */
static WCHAR *field(INFCONTEXT *line, DWORD index, DWORD *length) {
    DWORD size = 0;
    if (!SetupGetStringFieldW(line, index, NULL, 0, &size)) return NULL;
    WCHAR *text = malloc((size + 1) * sizeof *text);
    text[0] = 0;
    if (!SetupGetStringFieldW(line, index, text, size, NULL)) return free(text), NULL;
    *length = size - 1;
    return text;
}

static void dumpLine(INFCONTEXT *line) {
    DWORD count = SetupGetFieldCount(line), length, size = 0;
    WCHAR *text = field(line, 0, &length);
    if (text) fputs("key", answers), put(text, length), end();
    free(text);
    fputs("line", answers);
    for (DWORD i = 1; i <= count; i++) {
        text = field(line, i, &length);
        if (text) put(text, length);
        free(text);
    }
    end();
    fputs("int", answers);
    for (DWORD i = 1; i <= count; i++) {
        INT number;
        if (SetupGetIntField(line, i, &number)) fprintf(answers, "\t%d", number);
        else fputs("\t-", answers);
    }
    end();
    if (SetupGetLineTextW(line, NULL, NULL, NULL, NULL, 0, &size)) {
        text = calloc(size + 1, sizeof *text);
        if (SetupGetLineTextW(line, NULL, NULL, NULL, text, size, NULL)) answer("text", text);
        free(text);
    }
    if (SetupGetMultiSzFieldW(line, 1, NULL, 0, &size)) {
        text = calloc(size + 2, sizeof *text);
        if (SetupGetMultiSzFieldW(line, 1, text, size, NULL)) {
            fputs("multi", answers);
            for (WCHAR *each = text; *each; each += wcslen(each) + 1) putText(each);
            end();
        }
        free(text);
    }
}

static void dumpSection(const WCHAR *name) {
    INFCONTEXT line;
    fputs("section", answers);
    putText(name);
    fprintf(answers, "\t%ld\n", SetupGetLineCountW(inf, name));
    if (!SetupFindFirstLineW(inf, name, NULL, &line)) return;
    do dumpLine(&line);
    while (SetupFindNextLine(&line, &line));
}

static void dump(void) {
    WCHAR name[512];
    for (UINT i = 0; SetupEnumInfSectionsW(inf, i, name, 512, NULL); i++) dumpSection(name);
}

static void openInf(const WCHAR *path) {
    UINT line = 0;
    if (inf != INVALID_HANDLE_VALUE) SetupCloseInfFile(inf);
    inf = SetupOpenInfFileW(path, NULL, INF_STYLE_WIN4, &line);
    if (inf == INVALID_HANDLE_VALUE) fprintf(answers, "open\terror\t%08lx\t%u\n", GetLastError(), line);
    else fputs("open\tok\n", answers);
}

static void actual(const WCHAR *section) {
    WCHAR name[512], *extension = NULL;
    if (!SetupDiGetActualSectionToInstallW(inf, section, name, 512, NULL, &extension)) return failed("actual");
    fputs("actual", answers), putText(name), putText(extension), end();
}

static void source(const WCHAR *file) {
    WCHAR text[1024];
    UINT id = 0;
    if (!SetupGetSourceFileLocationW(inf, NULL, file, &id, text, 1024, NULL)) return failed("source");
    fprintf(answers, "source\t%u", id), putText(text), end();
    fputs("disk", answers);
    static const UINT what[] = {SRCINFO_PATH, SRCINFO_TAGFILE, SRCINFO_DESCRIPTION};
    for (int i = 0; i < 3; i++) putText(SetupGetSourceInfoW(inf, id, what[i], text, 1024, NULL) ? text : L"");
    end();
}

static void target(const WCHAR *section) {
    WCHAR text[1024];
    if (!SetupGetTargetPathW(inf, NULL, *section ? section : NULL, text, 1024, NULL)) return failed("target");
    answer("target", text);
}

static void append(const char *verb, const WCHAR *path) {
    UINT line = 0;
    if (SetupOpenAppendInfFileW(path, inf, &line)) fprintf(answers, "%s\tok\n", verb);
    else failed(verb);
}

/* All values and keys below a key, named from where the walk began. */
static void walk(HKEY key, const WCHAR *path) {
    static BYTE data[1 << 20];
    WCHAR name[16384], below[16384 + 256];
    answer("key", path);
    for (DWORD i = 0;; i++) {
        DWORD length = 16384, size = sizeof data, type;
        if (RegEnumValueW(key, i, name, &length, NULL, &type, data, &size)) break;
        fputs("value", answers), put(name, length), fprintf(answers, "\t%lu\t", type);
        for (DWORD at = 0; at < size; at++) fprintf(answers, "%02x", data[at]);
        end();
    }
    for (DWORD i = 0;; i++) {
        DWORD length = 256;
        HKEY child;
        if (RegEnumKeyExW(key, i, name, &length, NULL, NULL, NULL, NULL)) break;
        if (RegOpenKeyExW(key, name, 0, KEY_READ, &child)) continue;
        if (*path) swprintf(below, 16384 + 256, L"%ls\\%ls", path, name);
        else wcscpy(below, name);
        walk(child, below);
        RegCloseKey(child);
    }
}

static HKEY freshKey(HKEY root, const WCHAR *name) {
    HKEY key = NULL;
    RegCreateKeyExW(root, name, 0, NULL, 0, KEY_ALL_ACCESS, NULL, &key, NULL);
    return key;
}

/* HKR and the other roots are keys of ours while the section is performed, so that all it writes can be listed. */
static void registry(const WCHAR *section) {
    static const struct { const WCHAR *name; HKEY root; } roots[] = {
        {L"HKLM", HKEY_LOCAL_MACHINE}, {L"HKCR", HKEY_CLASSES_ROOT}, {L"HKU", HKEY_USERS}, {L"HKCU", HKEY_CURRENT_USER}};
    HKEY user, home, own, keys[4];
    RegOpenCurrentUser(KEY_ALL_ACCESS, &user);
    RegDeleteTreeW(user, L"winpv");
    home = freshKey(user, L"winpv");
    own = freshKey(home, L"HKR");
    for (int i = 0; i < 4; i++) keys[i] = freshKey(home, roots[i].name);
    for (int i = 0; i < 4; i++) RegOverridePredefKey(roots[i].root, keys[i]);
    BOOL done = SetupInstallFromInfSectionW(NULL, inf, section, SPINST_REGISTRY, own, NULL, 0, NULL, NULL, NULL, NULL);
    DWORD error = GetLastError();
    for (int i = 0; i < 4; i++) RegOverridePredefKey(roots[i].root, NULL), RegCloseKey(keys[i]);
    RegCloseKey(own);
    SetLastError(error);
    if (!done) failed("registry");
    else answer("registry", section), walk(home, L"");
    RegCloseKey(home);
    RegDeleteTreeW(user, L"winpv");
    RegCloseKey(user);
}

static UINT CALLBACK onFile(PVOID context, UINT what, UINT_PTR first, UINT_PTR second) {
    FILEPATHS_W *paths = (FILEPATHS_W *)first;
    switch (what) {
    case SPFILENOTIFY_STARTCOPY:
        fputs("copy", answers), putText(paths->Source), putText(paths->Target), fprintf(answers, "\t%08lx\n", paths->Flags);
        return FILEOP_SKIP;
    case SPFILENOTIFY_STARTRENAME:
        fputs("rename", answers), putText(paths->Source), putText(paths->Target), end();
        return FILEOP_SKIP;
    case SPFILENOTIFY_STARTDELETE:
        fputs("delete", answers), putText(paths->Target), end();
        return FILEOP_SKIP;
    case SPFILENOTIFY_COPYERROR:
    case SPFILENOTIFY_RENAMEERROR:
    case SPFILENOTIFY_DELETEERROR:
        return FILEOP_SKIP;
    default:
        return FILEOP_DOIT;
    }
}

static void files(const WCHAR *section) {
    HSPFILEQ queue = SetupOpenFileQueue();
    answer("files", section);
    if (!SetupInstallFilesFromInfSectionW(inf, NULL, queue, section, L"C:\\source", 0)) failed("files");
    if (!SetupCommitFileQueueW(NULL, queue, onFile, NULL)) failed("commit");
    SetupCloseFileQueue(queue);
}

static void oneService(SC_HANDLE manager, const WCHAR *name) {
    static BYTE config[65536];
    WCHAR path[512];
    DWORD size;
    HKEY key;
    SC_HANDLE service = OpenServiceW(manager, name, SERVICE_ALL_ACCESS);
    fputs("service", answers), putText(name);
    if (!service || !QueryServiceConfigW(service, (QUERY_SERVICE_CONFIGW *)config, sizeof config, &size)) {
        fprintf(answers, "\terror\t%08lx\n", GetLastError());
        return;
    }
    QUERY_SERVICE_CONFIGW *c = (QUERY_SERVICE_CONFIGW *)config;
    fprintf(answers, "\t%lu\t%lu\t%lu", c->dwServiceType, c->dwStartType, c->dwErrorControl);
    putText(c->lpBinaryPathName), putText(c->lpLoadOrderGroup), putText(c->lpDisplayName), end();
    swprintf(path, 512, L"SYSTEM\\CurrentControlSet\\Services\\%ls", name);
    if (!RegOpenKeyExW(HKEY_LOCAL_MACHINE, path, 0, KEY_READ, &key)) walk(key, L""), RegCloseKey(key);
    DeleteService(service);
    CloseServiceHandle(service);
    RegDeleteTreeW(HKEY_LOCAL_MACHINE, path);
}

static void services(const WCHAR *section) {
    INFCONTEXT line;
    DWORD length;
    SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_ALL_ACCESS);
    if (!SetupInstallServicesFromInfSectionW(inf, section, 0)) failed("services");
    else answer("services", section);
    if (SetupFindFirstLineW(inf, section, L"AddService", &line)) {
        do {
            WCHAR *name = field(&line, 1, &length);
            if (name && *name) oneService(manager, name);
            free(name);
        } while (SetupFindNextMatchLineW(&line, L"AddService", &line));
    }
    CloseServiceHandle(manager);
}

static void ask(const char *verb, const WCHAR *text) {
    fputs("?\n", answers);
    if (!strcmp(verb, "open")) return openInf(text);
    if (inf == INVALID_HANDLE_VALUE) return;
    if (!strcmp(verb, "dump")) dump();
    else if (!strcmp(verb, "count")) fprintf(answers, "count\t%ld\n", SetupGetLineCountW(inf, text));
    else if (!strcmp(verb, "actual")) actual(text);
    else if (!strcmp(verb, "source")) source(text);
    else if (!strcmp(verb, "target")) target(text);
    else if (!strcmp(verb, "include")) append("include", NULL);
    else if (!strcmp(verb, "append")) append("append", text);
    else if (!strcmp(verb, "registry")) registry(text);
    else if (!strcmp(verb, "files")) files(text);
    else if (!strcmp(verb, "services")) services(text);
    else fprintf(answers, "unknown\t%s\n", verb);
}

int wmain(int argc, WCHAR **argv) {
    static char question[65536];
    static WCHAR text[65536];
    FILE *questions = argc == 3 ? _wfopen(argv[1], L"rb") : NULL;
    answers = argc == 3 ? _wfopen(argv[2], L"wb") : NULL;
    if (!questions || !answers) return 2;
    while (fgets(question, sizeof question, questions)) {
        question[strcspn(question, "\r\n")] = 0;
        char *rest = strchr(question, '\t');
        if (rest) *rest++ = 0;
        MultiByteToWideChar(CP_UTF8, 0, rest ? rest : "", -1, text, 65536);
        ask(question, text);
    }
    fclose(questions);
    return fclose(answers) ? 3 : 0;
}
