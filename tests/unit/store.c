#include <inttypes.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "store/cache.h"
#include "store/criteria.h"
#include "store/db.h"
#include "store/job.h"
#include "store/record.h"
#include "store/selection.h"
#include "store/sequence.h"
#include "store/token.h"
#include "unit.h"

static struct test_store test;

static void open_test(void)
{
    test_store_open(&test);
}

static void open_lasting(void)
{
    test_store_open_lasting(&test);
}

static void close_test(void)
{
    test_store_close(&test);
}

static int64_t number(const struct sql *sql)
{
    sqlite3_stmt *row CLEANUP(db_done) = db_query(test.db, sql, "");
    ck_assert_ptr_nonnull(row);
    ck_assert_int_eq(db_step(test.db, row), STORE_OK);
    return sqlite3_column_int64(row, 0);
}

static const struct sql journal = {"SELECT journal_mode FROM pragma_journal_mode"};

static const char *journal_mode(void)
{
    sqlite3_stmt *row CLEANUP(db_done) = db_query(test.db, &journal, "");
    ck_assert(row != NULL && db_step(test.db, row) == STORE_OK);
    return db_text(row, 0, &test.arena);
}

START_TEST(a_lasting_store_has_a_log_beside_it)
{
    ck_assert_str_eq(journal_mode(), "wal");
    ck_assert_int_eq(access(arena_printf(&test.arena, "%s-shm", store_path(test.store)), F_OK), 0);
}
END_TEST

START_TEST(the_store_is_as_it_should_be)
{
    static const struct sql foreign_keys = {"SELECT foreign_keys FROM pragma_foreign_keys"};
    static const struct sql timeout = {"SELECT timeout FROM pragma_busy_timeout"};
    static const struct sql version = {"SELECT user_version FROM pragma_user_version"};
    static const struct sql loose = {"SELECT count(*) FROM pragma_table_list WHERE schema = 'main'"
                                     " AND name NOT LIKE 'sqlite_%' AND NOT strict"};
    static const struct sql broken = {"SELECT count(*) FROM pragma_foreign_key_check"};
    ck_assert_int_eq(number(&foreign_keys), 1);
    ck_assert_str_eq(journal_mode(), "memory");
    ck_assert_int_ge(number(&timeout), 1000);
    ck_assert_int_eq(number(&version), 7);
    ck_assert_int_eq(number(&loose), 0);
    ck_assert_int_eq(number(&broken), 0);
}
END_TEST

START_TEST(the_schemas_checks_hold_for_the_default_fixtures)
{
    /* They are not looked at while a store in memory is filled. */
    sqlite3_stmt *row = NULL;
    ck_assert_int_eq(sqlite3_prepare_v2(test.db->handle, "PRAGMA integrity_check", -1, &row, NULL),
                     SQLITE_OK);
    ck_assert_int_eq(sqlite3_step(row), SQLITE_ROW);
    ck_assert_str_eq((const char *)sqlite3_column_text(row, 0), "ok");
    sqlite3_finalize(row);
}
END_TEST

START_TEST(metadata_is_whole)
{
    ck_assert_uint_eq(test.orgs.count, 3);
    const struct module *deals = org_module(test.org, "deals");
    ck_assert_ptr_nonnull(deals);
    ck_assert_str_eq(deals->api_name, "Deals");
    const struct field *type = module_field(deals, "Type");
    ck_assert_ptr_nonnull(type);
    ck_assert_uint_eq(type->value_count, 2);
    ck_assert_str_eq(type->values[1], "New Business");
    ck_assert_ptr_null(module_field(deals, "type"));
    const struct module *tasks = org_module(test.org, "Tasks");
    ck_assert_ptr_eq(tasks->part_of, org_module(test.org, "Activities"));
    ck_assert_ptr_null(tasks->part_of->part_of);
    ck_assert(module_shows(tasks->part_of, tasks));
    ck_assert(!module_shows(tasks, tasks->part_of));
    ck_assert(!module_shows(deals, NULL));
    const struct user *sam = org_user(test.org, 554023000000235031);
    ck_assert_str_eq(sam->role->reports_to->reports_to->name, "CEO");
    const struct field *skype = module_field(org_module(test.org, "Leads"), "Skype_ID");
    ck_assert_int_eq(sam->profile->fields[skype->index], FIELD_HIDDEN);
    ck_assert_ptr_null(org_user(&test.orgs.list[1], sam->id));
    ck_assert_ptr_eq(orgs_user(&test.orgs, sam->id), sam);
    for (size_t i = 0; i < test.org->module_count; i++) {
        const struct module *module = &test.org->modules[i];
        ck_assert_ptr_nonnull(module_field(module, "Created_Time"));
        for (size_t k = 0; k < module->field_count; k++) {
            const struct field *field = &module->fields[k];
            ck_assert(!field->mass_update || field_types[field->type].mass_updatable);
            ck_assert_int_eq(field_types[field->type].has_values, field->value_count > 0);
        }
    }
}
END_TEST

static const struct {
    const char *token;
    enum store_status status;
} tokens[] = {
    {"1000.crmock.admin", STORE_OK},
    {"1000.crmock.read", STORE_OK},
    {"1000.crmock.expired", STORE_NOT_FOUND},
    {"1000.crmock.refresh", STORE_NOT_FOUND},
    {"", STORE_NOT_FOUND},
    {"1000.CRMOCK.ADMIN", STORE_NOT_FOUND},
};

START_TEST(tokens_live_or_do_not)
{
    struct token token;
    int64_t now = 1614754020000; /* the moment at which one expires: it counts as expired */
    ck_assert_int_eq(token_read(test.db, &test.orgs, tokens[_i].token, now, &test.arena, &token),
                     tokens[_i].status);
    if (tokens[_i].status == STORE_OK)
        ck_assert_str_eq(token.user->name, "Patricia Boyle");
}
END_TEST

START_TEST(an_expiring_token_lives_until_then)
{
    struct token token;
    ck_assert_int_eq(
        token_read(test.db, &test.orgs, "1000.crmock.expired", 1614754019999, &test.arena, &token),
        STORE_OK);
}
END_TEST

/* Longer ones are not looked for. One of the greatest length is. */
START_TEST(credentials_have_a_length)
{
    char text[CREDENTIAL_MAX + 2];
    memset(text, 'x', sizeof text);
    text[CREDENTIAL_MAX + 1] = '\0';
    for (int beyond = 1; beyond >= 0; beyond--) {
        struct token token;
        struct grant grant;
        enum grant_state state;
        const char *given = text + (beyond == 0);
        const struct new_token issued = {.text = given,
                                         .kind = beyond == 0 ? "access" : "refresh",
                                         .client_id = "1000.CRMOCK",
                                         .scopes = "",
                                         .user_id = test.org->users[0].id};
        ck_assert_int_eq(token_add(test.db, &issued), STORE_OK);
        ck_assert_int_eq(token_read(test.db, &test.orgs, given, 0, &test.arena, &token),
                         beyond == 0 ? STORE_OK : STORE_NOT_FOUND);
        ck_assert_int_eq(
            grant_read(test.db, given, "refresh", "1000.CRMOCK", 0, &test.arena, &grant, &state),
            STORE_OK);
        ck_assert_int_eq(state, beyond == 0 ? GRANT_OF_OTHER_KIND : GRANT_UNKNOWN);
        ck_assert_int_eq(token_revoke(test.db, given), beyond == 0 ? STORE_OK : STORE_NOT_FOUND);
    }
}
END_TEST

/* Issues a token a second, of which each lives for a while. */
START_TEST(tokens_that_have_expired_are_swept)
{
    enum { ISSUED = 5000, LIFE = 100, KEPT = 50, SLACK = 100 };
    static const struct sql given = {"SELECT count(*) FROM oauth_token WHERE issued_by IS NULL"};
    static const struct sql issued = {"SELECT count(*) FROM oauth_token WHERE issued_by IS NOT NULL"};
    static const struct sql alive = {
        "SELECT count(*) FROM oauth_token WHERE issued_by IS NOT NULL AND expires_at > 5000"};
    const struct new_token gift = {.text = "1000.8",
                                   .kind = "access",
                                   .client_id = "1000.CRMOCK",
                                   .scopes = "",
                                   .user_id = test.org->users[0].id,
                                   .expires_at = 1};
    ck_assert_int_eq(token_add(test.db, &gift), STORE_OK);
    int64_t before = number(&given);
    uint64_t random = 1;
    for (int64_t now = 1; now <= ISSUED; now++) {
        random = random * 6364136223846793005 + 1442695040888963407;
        const char *text = arena_printf(&test.arena, "1000.%016" PRIx64, random);
        const struct new_token token = {.text = text,
                                        .kind = "access",
                                        .client_id = "1000.CRMOCK",
                                        .scopes = "",
                                        .issued_by = text,
                                        .user_id = test.org->users[0].id,
                                        .expires_at = now + LIFE};
        ck_assert_int_eq(tokens_sweep(test.db, text, now - KEPT), STORE_OK);
        ck_assert_int_eq(token_add(test.db, &token), STORE_OK);
        ck_assert_int_le(number(&issued), LIFE + KEPT + SLACK);
    }
    ck_assert_int_eq(number(&alive), LIFE);
    ck_assert_int_eq(number(&given), before); /* fixtures' own stay, also one that has expired */
}
END_TEST

static int64_t taken(int64_t count)
{
    int64_t first = 0;
    ck_assert_int_eq(ids_take(test.db, count, &first), STORE_OK);
    return first;
}

/* A sequence that begins at 1000. */
static void begin_sequence(const struct id_range *reserved, size_t count)
{
    ck_assert_int_eq(db_script(test.db,
                               "DELETE FROM id_reserved; UPDATE id_sequence SET next_id = 1000,"
                               " free_before = 9223372036854775807"),
                     STORE_OK);
    ck_assert_int_eq(ids_reserve(test.db, reserved, count), STORE_OK);
}

START_TEST(reserved_ids_are_not_given)
{
    static const struct id_range reserved[] = {
        {5, 7}, {900, 1000}, {1002, 1001001}, {1001003, 1001003}, {1001010, 1001010}};
    begin_sequence(reserved, COUNT(reserved));
    ck_assert_int_eq(taken(1), 1001);
    ck_assert_int_eq(taken(1), 1001002); /* a block of a million is one step */
    ck_assert_int_eq(taken(3), 1001004);
    ck_assert_int_eq(taken(4), 1001011);
    ck_assert_int_eq(taken(1), 1001015);
}
END_TEST

/* Ranges that come later stand in any order, overlap, and lie before and behind what was taken. */
START_TEST(more_ids_are_reserved_later)
{
    static const struct id_range first[] = {{1002, 1003}, {1010, 1020}};
    static const struct id_range later[] = {{1030, 1030}, {1019, 1025}, {1004, 1004},
                                            {900, 1000},  {1026, 1026}, {1001, 1001}};
    begin_sequence(first, COUNT(first));
    ck_assert_int_eq(taken(1), 1000);
    ck_assert_int_eq(ids_reserve(test.db, later, COUNT(later)), STORE_OK);
    ck_assert_int_eq(taken(1), 1005); /* the very next ones were reserved */
    ck_assert_int_eq(taken(4), 1006);
    ck_assert_int_eq(taken(3), 1027);
    ck_assert_int_eq(ids_reserve(test.db, &later[0], 1), STORE_OK); /* again, where it is passed */
    ck_assert_int_eq(taken(1), 1031);
    ck_assert_int_eq(ids_reserve(test.db, &(struct id_range){1000, 1100}, 1), STORE_OK);
    ck_assert_int_eq(taken(1), 1101);
}
END_TEST

START_TEST(ids_end_where_the_numbers_do)
{
    static const struct id_range all_but_two[] = {{1000, INT64_MAX - 3}, {INT64_MAX, INT64_MAX}};
    static const struct id_range all[] = {{1000, INT64_MAX}};
    int64_t id = 7;
    begin_sequence(all_but_two, COUNT(all_but_two));
    ck_assert_int_eq(ids_take(test.db, 3, &id), STORE_FAILED);
    begin_sequence(all_but_two, COUNT(all_but_two));
    ck_assert_int_eq(taken(1), INT64_MAX - 2);
    ck_assert_int_eq(taken(1), INT64_MAX - 1);
    ck_assert_int_eq(ids_take(test.db, 1, &id), STORE_FAILED);
    begin_sequence(all, COUNT(all));
    ck_assert_int_eq(id_take(test.db, &id), STORE_FAILED);
    begin_sequence(NULL, 0);
    ck_assert_int_eq(db_script(test.db, "UPDATE id_sequence SET next_id = 9223372036854775806"),
                     STORE_OK);
    ck_assert_int_eq(taken(1), INT64_MAX - 1);
    ck_assert_int_eq(id_take(test.db, &id), STORE_FAILED);
    ck_assert_int_eq(id, 7);
}
END_TEST

START_TEST(a_transaction_that_fails_leaves_nothing)
{
    struct record record;
    const struct field *city = module_field(org_module(test.org, "Leads"), "City");
    const struct record_change change = {.field = city, .value = "\"Volos\""};
    int64_t id = 554023000000600001;
    ck_assert_int_eq(store_begin(test.db, STORE_REQUEST), STORE_OK);
    ck_assert_int_eq(record_update(test.db, id, &change, 1, 1, 5), STORE_OK);
    store_rollback(test.db);
    const char *value;
    ck_assert_int_eq(record_value(test.db, id, city, &test.arena, &value), STORE_OK);
    ck_assert_str_eq(value, "null");
    ck_assert_int_eq(record_read(test.db, test.org, id, &record), STORE_OK);
    ck_assert_int_eq(record_read(test.db, test.org, 5, &record), STORE_NOT_FOUND);
    ck_assert_int_eq(record_read(test.db, &test.orgs.list[1], id, &record), STORE_OK);
    ck_assert_ptr_null(record.module);
}
END_TEST

START_TEST(a_full_disk_is_an_error_and_loses_nothing)
{
    ck_assert_int_eq(store_begin(test.db, STORE_REQUEST), STORE_OK);
    ck_assert_int_eq(db_script(test.db, "PRAGMA max_page_count = 1"), STORE_OK); /* full from now on */
    static const struct sql more = {
        "INSERT INTO oauth_client (id, secret) VALUES (hex(zeroblob(60000)), '')"};
    ck_assert_int_eq(db_run(test.db, &more, ""), STORE_FAILED);
    store_rollback(test.db);
    ck_assert_int_eq(db_script(test.db, "PRAGMA max_page_count = 1000000"), STORE_OK);
    ck_assert_int_eq(store_begin(test.db, STORE_REQUEST), STORE_OK);
    ck_assert_int_eq(db_run(test.db, &more, ""), STORE_OK);
    ck_assert_int_eq(db_run(test.db, &more, ""), STORE_CONFLICT);
    ck_assert_int_eq(store_commit(test.db), STORE_OK);
    ck_assert_int_eq(store_check(test.db), STORE_OK);
}
END_TEST

/* A writer in the background that never rests. */
struct background {
    pthread_mutex_t mutex;
    int turns;
    bool stop;
};

static bool note_turn(struct background *background)
{
    (void)pthread_mutex_lock(&background->mutex);
    background->turns++;
    bool stop = background->stop;
    (void)pthread_mutex_unlock(&background->mutex);
    return stop;
}

static void *write_in_background(void *argument)
{
    struct db *db = store_acquire(test.store);
    bool stop = false;
    while (!stop) {
        ck_assert_int_eq(store_begin(db, STORE_BACKGROUND), STORE_OK);
        stop = note_turn(argument);
        ck_assert_int_eq(store_commit(db), STORE_OK);
    }
    store_release(db);
    return NULL;
}

START_TEST(a_request_gets_its_turn_beside_a_busy_background_writer)
{
    struct background background = {.mutex = PTHREAD_MUTEX_INITIALIZER};
    pthread_t thread;
    ck_assert_int_eq(pthread_create(&thread, NULL, write_in_background, &background), 0);
    for (int i = 0; i < 200; i++) {
        ck_assert_int_eq(store_begin(test.db, STORE_REQUEST), STORE_OK);
        ck_assert_int_eq(store_commit(test.db), STORE_OK);
    }
    (void)pthread_mutex_lock(&background.mutex);
    background.stop = true;
    (void)pthread_mutex_unlock(&background.mutex);
    (void)pthread_join(thread, NULL);
    ck_assert_int_ge(background.turns, 1);
}
END_TEST

/* A request that comes again and again. */
static void *write_as_requests(void *argument)
{
    struct background *background = argument;
    struct db *db = store_acquire(test.store);
    bool stop = false;
    while (!stop) {
        ck_assert_int_eq(store_begin(db, STORE_REQUEST), STORE_OK);
        stop = note_turn(background);
        ck_assert_int_eq(store_commit(db), STORE_OK);
    }
    store_release(db);
    return NULL;
}

static int turns_of(struct background *background)
{
    (void)pthread_mutex_lock(&background->mutex);
    int turns = background->turns;
    (void)pthread_mutex_unlock(&background->mutex);
    return turns;
}

/* No more than 32 requests go before it once it waits; more do while it is not waiting yet, so that
 * only some of its turns can show that. */
START_TEST(the_background_writer_gets_its_turn_beside_busy_requests)
{
    struct background requests = {.mutex = PTHREAD_MUTEX_INITIALIZER};
    pthread_t threads[6];
    for (size_t i = 0; i < COUNT(threads); i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, write_as_requests, &requests), 0);
    int contested = 0, soon = 0;
    for (int before = 0; contested < 40; before = turns_of(&requests)) {
        ck_assert_int_eq(store_begin(test.db, STORE_BACKGROUND), STORE_OK);
        int passed = turns_of(&requests) - before;
        contested += passed > 0;
        soon += passed > 0 && passed <= 2 * 32;
        ck_assert_int_eq(store_commit(test.db), STORE_OK);
    }
    (void)pthread_mutex_lock(&requests.mutex);
    requests.stop = true;
    (void)pthread_mutex_unlock(&requests.mutex);
    for (size_t i = 0; i < COUNT(threads); i++)
        (void)pthread_join(threads[i], NULL);
    ck_assert_int_ge(soon, 10);
}
END_TEST

START_TEST(a_selection_is_counted_and_fixed)
{
    const struct module *leads = org_module(test.org, "Leads");
    const struct operand bulk = {.kind = OPERAND_TEXT, .text = "@BULK.example"};
    const struct criteria ends = {.field = module_field(leads, "Email"),
                                  .comparator = CMP_ENDS_WITH,
                                  .kind = COMPARE_TEXT,
                                  .operands = &bulk,
                                  .operand_count = 1};
    const struct selection selection = {.module = leads, .view = &ends};
    int64_t count = 0;
    ck_assert_int_eq(selection_count(test.db, &selection, &count), STORE_OK);
    ck_assert_int_eq(count, 50001);
    struct job job = {.id = 5,
                      .module = leads,
                      .view_id = 554023000000050001,
                      .user = &test.org->users[0],
                      .changes = "{}"};
    ck_assert_int_eq(store_begin(test.db, STORE_REQUEST), STORE_OK);
    ck_assert_int_eq(job_add(test.db, &job, 0), STORE_OK);
    ck_assert_int_eq(selection_fix(test.db, &selection, 5, 100, &count), STORE_OK);
    ck_assert_int_eq(count, 101);
    ck_assert_int_eq(store_commit(test.db), STORE_OK);
    ck_assert_int_eq(job_unfinished_of_view(test.db, job.view_id), STORE_OK);
    ck_assert_int_eq(job_unfinished_of_view(test.db, 6), STORE_NOT_FOUND);
    struct record records[10];
    size_t got;
    ck_assert_int_eq(job_records(test.db, test.org, &job, COUNT(records), records, &got), STORE_OK);
    ck_assert_uint_eq(got, COUNT(records));
    for (size_t i = 1; i < got; i++)
        ck_assert_int_gt(records[i].id, records[i - 1].id);
}
END_TEST

/* The updated count that a read of the job gives. */
static int64_t updated_as_read(int64_t id)
{
    struct job job;
    ck_assert_int_eq(job_read(test.db, &test.orgs, id, &test.arena, &job), STORE_OK);
    ck_assert_ptr_eq(job.module, org_module(test.org, "Leads"));
    ck_assert_ptr_eq(job.user, &test.org->users[0]);
    return job.updated;
}

START_TEST(a_job_is_read_anew_until_it_has_ended)
{
    struct job job = {.id = 6,
                      .module = org_module(test.org, "Leads"),
                      .view_id = 554023000000050001,
                      .user = &test.org->users[0],
                      .changes = "{}",
                      .status = JOB_RUNNING};
    ck_assert_int_eq(job_add(test.db, &job, 0), STORE_OK);
    ck_assert_int_eq(job_set_total(test.db, job.id, 5), STORE_OK);
    for (job.updated = 1; job.updated < 4; job.updated++) {
        ck_assert_int_eq(job_write(test.db, &job), STORE_OK);
        ck_assert_int_eq(updated_as_read(6), job.updated);
    }
    job.status = JOB_COMPLETED;
    ck_assert_int_eq(job_write(test.db, &job), STORE_OK);
    ck_assert_int_eq(updated_as_read(6), 4);
    job.updated = 5; /* nobody does that */
    ck_assert_int_eq(job_write(test.db, &job), STORE_OK);
    ck_assert_int_eq(updated_as_read(6), 4);
    cache_forget(store_cache(test.store, CACHE_ENDED_JOBS));
    ck_assert_int_eq(updated_as_read(6), 5);
}
END_TEST

START_TEST(what_is_outdated_is_not_kept)
{
    struct cache *cache = cache_new();
    unsigned age, later;
    ck_assert_ptr_null(cache_find(cache, "a", &test.arena, &age));
    cache_forget(cache);
    cache_keep(cache, "a", "old", sizeof "old", age);
    ck_assert_ptr_null(cache_find(cache, "a", &test.arena, &later));
    cache_keep(cache, "a", "new", sizeof "new", later);
    ck_assert_str_eq(cache_find(cache, "a", &test.arena, &age), "new");
    cache_free(cache);
}
END_TEST

/* How many of those that are called by the numbers from 0 on are kept. */
static int kept_of(struct cache *cache, int count)
{
    int kept = 0;
    unsigned age;
    for (int i = 0; i < count; i++)
        kept += cache_find(cache, arena_printf(&test.arena, "%d", i), &test.arena, &age) != NULL;
    return kept;
}

START_TEST(a_cache_is_bounded_in_bytes)
{
    static char bytes[CACHE_ENTRY_MAX];
    static const size_t sizes[] = {4, 1000, CACHE_ENTRY_MAX - 200};
    for (size_t k = 0; k < COUNT(sizes); k++) {
        struct cache *cache = cache_new();
        const int count = 12000;
        unsigned age;
        ck_assert_ptr_null(cache_find(cache, "0", &test.arena, &age));
        for (int i = 0; i < count; i++) {
            memcpy(bytes, &i, sizeof i);
            cache_keep(cache, arena_printf(&test.arena, "%d", i), bytes, sizes[k], age);
            if (i % 2 == 0) /* twice is once */
                cache_keep(cache, arena_printf(&test.arena, "%d", i), bytes, sizes[k], age);
        }
        int kept = kept_of(cache, count);
        /* as many as there is room for, and those are the last ones */
        ck_assert_int_le((int64_t)kept * (int64_t)sizes[k], CACHE_BYTES_MAX);
        ck_assert_int_gt((int64_t)kept * (int64_t)(sizes[k] + 300), CACHE_BYTES_MAX);
        for (int i = count - kept; i < count; i++) {
            const int *found = cache_find(cache, arena_printf(&test.arena, "%d", i), &test.arena, &age);
            ck_assert_ptr_nonnull(found);
            ck_assert_int_eq(*found, i);
        }
        cache_keep(cache, "too large", bytes, CACHE_ENTRY_MAX, age);
        ck_assert_ptr_null(cache_find(cache, "too large", &test.arena, &age));
        ck_assert_int_eq(kept_of(cache, count), kept);
        cache_forget(cache);
        ck_assert_int_eq(kept_of(cache, count), 0);
        cache_free(cache);
    }
}
END_TEST

START_TEST(a_second_server_cannot_have_the_store)
{
    const struct store_options options = {.path = store_path(test.store), .log = &quiet_log};
    bool is_new;
    const char *reason = "";
    struct store *second = store_open(&options, &test.arena, &is_new, &reason);
    ck_assert_ptr_null(second);
    ck_assert_ptr_nonnull(strstr(reason, "in use by another crmock"));
    ck_assert_int_eq(store_check(test.db), STORE_OK);
}
END_TEST

Suite *store_suite(void)
{
    Suite *suite = suite_create("store");
    TCase *reading = tcase_create("reading"), *writing = tcase_create("writing"),
          *lasting = tcase_create("lasting");
    tcase_set_timeout(reading, 300);
    tcase_set_timeout(writing, 300);
    tcase_add_unchecked_fixture(reading, open_test, close_test);
    tcase_add_checked_fixture(writing, open_test, close_test);
    tcase_set_timeout(lasting, 300);
    tcase_add_checked_fixture(lasting, open_lasting, close_test);
    tcase_add_test(reading, the_store_is_as_it_should_be);
    tcase_add_test(reading, the_schemas_checks_hold_for_the_default_fixtures);
    tcase_add_test(reading, metadata_is_whole);
    tcase_add_loop_test(reading, tokens_live_or_do_not, 0, COUNT(tokens));
    tcase_add_test(reading, an_expiring_token_lives_until_then);
    tcase_add_test(writing, credentials_have_a_length);
    tcase_add_test(writing, tokens_that_have_expired_are_swept);
    tcase_add_test(writing, a_job_is_read_anew_until_it_has_ended);
    tcase_add_test(reading, what_is_outdated_is_not_kept);
    tcase_add_test(reading, a_cache_is_bounded_in_bytes);
    tcase_add_test(lasting, a_lasting_store_has_a_log_beside_it);
    tcase_add_test(lasting, a_second_server_cannot_have_the_store);
    tcase_add_test(writing, reserved_ids_are_not_given);
    tcase_add_test(writing, more_ids_are_reserved_later);
    tcase_add_test(writing, ids_end_where_the_numbers_do);
    tcase_add_test(writing, a_transaction_that_fails_leaves_nothing);
    tcase_add_test(writing, a_full_disk_is_an_error_and_loses_nothing);
    tcase_add_test(lasting, a_request_gets_its_turn_beside_a_busy_background_writer);
    tcase_add_test(lasting, the_background_writer_gets_its_turn_beside_busy_requests);
    tcase_add_test(writing, a_selection_is_counted_and_fixed);
    suite_add_tcase(suite, reading);
    suite_add_tcase(suite, writing);
    suite_add_tcase(suite, lasting);
    suite_add_tcase(suite, memory_tests());
    suite_add_tcase(suite, cache_tests());
    suite_add_tcase(suite, lists_tests());
    suite_add_tcase(suite, deliveries_tests());
    return suite;
}
