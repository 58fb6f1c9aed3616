#include "traffic/entry.h"

#include <stdlib.h>
#include <string.h>

/* Where the next copies go; before there is memory they are measured only. */
struct packing {
    char *memory;        /* NULL: measured */
    size_t pairs, texts; /* bytes so far; texts stand behind all pairs */
    size_t texts_at;     /* where that is */
};

static const char *pack_bytes(struct packing *packing, const char *bytes, size_t length)
{
    char *at = packing->memory != NULL ? packing->memory + packing->texts_at + packing->texts : NULL;
    packing->texts += length + 1;
    if (at == NULL)
        return bytes;
    memcpy(at, bytes, length);
    at[length] = '\0';
    return at;
}

/* As much of a text as is kept, whole characters. */
static size_t kept(const char *text)
{
    size_t length = strnlen(text, JOURNAL_BODY_MAX + 1);
    if (length <= JOURNAL_BODY_MAX)
        return length;
    length = JOURNAL_BODY_MAX;
    while (length > 0 && ((unsigned char)text[length] & 0xC0) == 0x80)
        length--;
    return length;
}

static const char *pack_text(struct packing *packing, const char *text)
{
    return text != NULL ? pack_bytes(packing, text, kept(text)) : NULL;
}

static struct pairs pack_pairs(struct packing *packing, const struct pairs *pairs)
{
    const size_t begin = packing->pairs, texts = packing->texts;
    struct pair *list =
        packing->memory != NULL ? (struct pair *)(void *)(packing->memory + begin) : NULL;
    size_t count = 0;
    for (; count < pairs->count; count++) {
        const struct pair *pair = &pairs->list[count];
        const size_t name = strlen(pair->name), value = strlen(pair->value);
        if (packing->pairs - begin + packing->texts - texts + sizeof *pair + name + value >
            JOURNAL_BODY_MAX)
            break;
        const struct pair copy = {.name = pack_bytes(packing, pair->name, name),
                                  .value = pack_bytes(packing, pair->value, value)};
        if (list != NULL)
            list[count] = copy;
        packing->pairs += sizeof copy;
    }
    return (struct pairs){.list = list, .count = count};
}

static size_t cut(size_t length)
{
    return length < JOURNAL_BODY_MAX ? length : JOURNAL_BODY_MAX;
}

static void pack_seen(struct packing *packing, const struct seen *seen, struct seen *copy)
{
    *copy = (struct seen){.method = pack_text(packing, seen->method),
                          .path = pack_text(packing, seen->path),
                          .version = pack_text(packing, seen->version),
                          .module = pack_text(packing, seen->module),
                          .query = pack_pairs(packing, &seen->query),
                          .headers = pack_pairs(packing, &seen->headers),
                          .form = pack_pairs(packing, &seen->form),
                          .token = pack_text(packing, seen->token),
                          .user = pack_text(packing, seen->user),
                          .body_length = cut(seen->body_length),
                          .status = seen->status,
                          .rule = pack_text(packing, seen->rule)};
    copy->body = pack_bytes(packing, seen->body != NULL ? seen->body : "", copy->body_length);
}

static void pack(struct packing *packing, const struct note *note, struct note *copy)
{
    *copy = *note;
    pack_seen(packing, &note->seen, &copy->seen);
    copy->sandbox = pack_text(packing, note->sandbox);
    copy->hint = pack_text(packing, note->hint);
    copy->answer_length = cut(note->answer_length);
    copy->answer = pack_bytes(packing, note->answer != NULL ? note->answer : "", copy->answer_length);
}

struct entry *entry_new(const struct note *note, bool is_open)
{
    struct note copy;
    struct packing packing = {.memory = NULL};
    pack(&packing, note, &copy);
    const size_t size = sizeof(struct entry) + packing.pairs + packing.texts;
    struct entry *entry = must_alloc(size);
    *entry = (struct entry){.size = size,
                            .is_open = is_open,
                            .is_body_cut = note->seen.body_length > JOURNAL_BODY_MAX,
                            .is_answer_cut = note->answer_length > JOURNAL_BODY_MAX};
    atomic_init(&entry->owners, 1);
    packing = (struct packing){.memory = (char *)(entry + 1), .texts_at = packing.pairs};
    pack(&packing, note, &entry->note);
    return entry;
}

struct entry *entry_share(struct entry *entry)
{
    (void)atomic_fetch_add_explicit(&entry->owners, 1, memory_order_relaxed);
    return entry;
}

void entry_free(struct entry *entry)
{
    if (entry != NULL && atomic_fetch_sub(&entry->owners, 1) == 1)
        free(entry);
}

int64_t entry_id(const struct entry *entry)
{
    return entry->id;
}

bool entry_is_open(const struct entry *entry)
{
    return entry->is_open;
}

bool entry_is_cut(const struct entry *entry)
{
    return entry->is_body_cut;
}

struct seen entry_seen(const struct entry *entry)
{
    return entry->note.seen;
}
