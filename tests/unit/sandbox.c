/* Sandboxes: what is exchanged under those who use it, who finds them, and credentials that name them.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "api/credential.h"
#include "base/passage.h"
#include "sandbox/change.h"
#include "sandbox/sandboxes.h"
#include "store/memory.h"
#include "store/record.h"
#include "unit.h"

enum { READERS = 4, EXCHANGES = 300, MEMBERS = 64 };

/* A list whose members are all the same, or it has been freed under its reader. */
struct shelf {
    struct passage passage;
    _Atomic(int *) list;
    atomic_bool ends;
    atomic_uint torn, read;
};

static int *new_list(int value)
{
    int *list = must_alloc(MEMBERS * sizeof *list);
    for (size_t i = 0; i < MEMBERS; i++)
        list[i] = value;
    return list;
}

static void *read_shelf(void *argument)
{
    struct shelf *shelf = argument;
    while (!atomic_load(&shelf->ends)) {
        unsigned side = passage_enter(&shelf->passage);
        const int *list = atomic_load(&shelf->list);
        for (size_t i = 1; i < MEMBERS; i++)
            if (list[i] != list[0])
                (void)atomic_fetch_add(&shelf->torn, 1);
        passage_leave(&shelf->passage, side);
        (void)atomic_fetch_add(&shelf->read, 1);
    }
    return NULL;
}

START_TEST(what_is_exchanged_is_freed_when_its_readers_have_left)
{
    struct shelf shelf;
    memset(&shelf, 0, sizeof shelf);
    passage_init(&shelf.passage);
    atomic_init(&shelf.list, new_list(0));
    pthread_t threads[READERS];
    for (size_t i = 0; i < READERS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, read_shelf, &shelf), 0);
    for (int i = 1; i <= EXCHANGES || atomic_load(&shelf.read) < EXCHANGES; i++) {
        int *former = atomic_exchange(&shelf.list, new_list(i));
        passage_wait(&shelf.passage);
        memset(former, 0xff, sizeof *former); /* who still reads it sees it torn */
        free(former);
    }
    atomic_store(&shelf.ends, true);
    for (size_t i = 0; i < READERS; i++)
        (void)pthread_join(threads[i], NULL);
    ck_assert_uint_eq(atomic_load(&shelf.torn), 0);
    free(atomic_load(&shelf.list));
    passage_clear(&shelf.passage);
}
END_TEST

static const struct {
    const char *sandbox, *outside, *inside;
} credentials[] = {
    {"t1", "1000.t1.admin", "1000.crmock.admin"},
    {"t1", "1000.crmock.admin", "1000.crmock.admin"},
    {"t1", "1000.t2.admin", "1000.t2.admin"},
    {"t1", "1000.t1.a.b", "1000.crmock.a.b"},
    {"t1", "1000.t1", "1000.t1"},
    {"t1", "1000.t11.admin", "1000.t11.admin"},
    {"t1", "100.t1.admin", "100.t1.admin"},
    {"t1", "", ""},
    {"main", "1000.main.admin", "1000.crmock.admin"},
};

START_TEST(credentials_name_their_sandbox)
{
    struct arena arena = {.blocks = NULL};
    const struct api api = {.sandbox = credentials[_i].sandbox};
    ck_assert_str_eq(credential_inside(&api, &arena, credentials[_i].outside), credentials[_i].inside);
    const char *outside = credential_outside(&api, &arena, credentials[_i].inside);
    ck_assert_str_eq(credential_inside(&api, &arena, outside), credentials[_i].inside);
    arena_clear(&arena);
}
END_TEST

START_TEST(clients_name_their_sandbox)
{
    struct arena arena = {.blocks = NULL};
    const struct api api = {.sandbox = "t1"}, mains = {.sandbox = MAIN_SANDBOX};
    ck_assert_str_eq(credential_client_inside(&api, &arena, "1000.t1.CRMOCK"), "1000.CRMOCK");
    ck_assert_str_eq(credential_client_inside(&api, &arena, "1000.CRMOCK"), "1000.CRMOCK");
    ck_assert_str_eq(credential_client_outside(&api, &arena, "1000.CRMOCK"), "1000.t1.CRMOCK");
    ck_assert_str_eq(credential_client_outside(&mains, &arena, "1000.CRMOCK"), "1000.CRMOCK");
    const char *text = credential_new(&api, &arena);
    ck_assert_int_eq(strncmp(credential_outside(&api, &arena, text), "1000.t1.", 8), 0);
    ck_assert_str_ne(text, credential_new(&api, &arena));
    arena_clear(&arena);
}
END_TEST

/* A process's sandboxes, of a store in memory. */
static struct {
    struct arena arena;
    struct dispatch dispatch;
    struct sandboxes_options options;
    struct sandboxes *sandboxes;
} rig;

static void open_rig(void)
{
    rig.arena = (struct arena){.blocks = NULL};
    rig.dispatch = DISPATCH_NONE;
    rig.options = (struct sandboxes_options){
        .household = {.log = &quiet_log,
                      .token_ttl = 1000,
                      .pool = pool_new(2),
                      .dispatch = &rig.dispatch},
        .filling = {.log = &quiet_log},
        .manner = {.clock = {.stands = true, .seconds = 1614334436}, .jobs = {.batch = 500}},
        .most = 8,
        .records_max = 1000000,
    };
    const struct store_options options = {.log = &quiet_log};
    const char *reason = "";
    bool is_new = false;
    struct filled filled;
    struct store *store = store_open(&options, &rig.arena, &is_new, &reason);
    ck_assert_msg(store != NULL && filling_fill(&rig.options.filling, store, &rig.options.manner.clock,
                                                &rig.arena, &filled, &reason),
                  "%s", reason);
    rig.sandboxes = sandboxes_new(&rig.options, store, is_new, filled.metadata, &rig.arena, &reason);
    ck_assert_msg(rig.sandboxes != NULL, "%s", reason);
}

static void close_rig(void)
{
    sandboxes_free(rig.sandboxes);
    pool_free(rig.options.household.pool);
    dispatch_clear(&rig.dispatch);
    arena_clear(&rig.arena);
}

static enum making_fault make(const struct sandbox_wish *wish, struct sandbox **sandbox)
{
    struct making_trouble trouble = {.reason = ""};
    return sandboxes_make(rig.sandboxes, wish, &rig.arena, sandbox, &trouble);
}

START_TEST(sandboxes_are_made_found_and_dropped)
{
    struct sandbox *one = NULL, *other = NULL;
    const struct sandbox_wish wish = {.id = "one"}, again = {.id = "one", .replaces = true},
                              any = {.id = NULL};
    ck_assert_ptr_null(sandboxes_find(rig.sandboxes, "one", 3));
    ck_assert_int_eq(make(&wish, &one), MAKING_DONE);
    struct sandbox *found = sandboxes_find(rig.sandboxes, "one.rest", 3);
    ck_assert_ptr_eq(found, one);
    sandbox_free(found);
    ck_assert_ptr_null(sandboxes_find(rig.sandboxes, "one", 2));
    ck_assert_ptr_null(sandboxes_find(rig.sandboxes, "ones", 4));
    ck_assert_int_eq(make(&wish, &other), MAKING_TAKEN);
    ck_assert_int_eq(make(&again, &other), MAKING_DONE);
    ck_assert_ptr_ne(one, other);
    unsigned side;
    ck_assert_ptr_null(sandbox_enter(one, &side)); /* it was closed, and lives on for us alone */
    sandbox_leave(one, side);
    sandbox_free(one);
    sandbox_free(other);
    for (unsigned i = 1; i < rig.options.most; i++) {
        ck_assert_int_eq(make(&any, &other), MAKING_DONE);
        ck_assert_uint_eq(strlen(sandbox_id(other)), 10);
        sandbox_free(other);
    }
    ck_assert_int_eq(make(&any, &other), MAKING_TOO_MANY);
    ck_assert_uint_eq(sandboxes_count(rig.sandboxes), rig.options.most);
    ck_assert(sandboxes_drop(rig.sandboxes, "one"));
    ck_assert(!sandboxes_drop(rig.sandboxes, "one"));
    ck_assert_uint_eq(sandboxes_count(rig.sandboxes), rig.options.most - 1);
}
END_TEST

START_TEST(those_with_the_same_metadata_share_it)
{
    struct sandbox *one = NULL, *other = NULL, *earlier = NULL;
    const struct clock then = {.stands = true, .seconds = 1000000000};
    const struct sandbox_wish wish = {.id = "one"}, second = {.id = "other"},
                              dated = {.id = "earlier", .clock = &then};
    ck_assert_int_eq(make(&wish, &one), MAKING_DONE);
    ck_assert_int_eq(make(&second, &other), MAKING_DONE);
    ck_assert_int_eq(make(&dated, &earlier), MAKING_DONE);
    unsigned sides[3];
    const struct scene *scenes[] = {sandbox_enter(one, &sides[0]), sandbox_enter(other, &sides[1]),
                                    sandbox_enter(earlier, &sides[2])};
    ck_assert_ptr_eq(scenes[0]->metadata, scenes[1]->metadata);
    ck_assert_ptr_ne(scenes[0]->works, scenes[1]->works);
    ck_assert_ptr_ne(scenes[0]->metadata, scenes[2]->metadata);
    ck_assert_int_eq(scenes[2]->metadata->orgs.list[0].metadata_time, then.seconds);
    sandbox_leave(one, sides[0]);
    sandbox_leave(other, sides[1]);
    sandbox_leave(earlier, sides[2]);
    sandbox_free(one);
    sandbox_free(other);
    sandbox_free(earlier);
}
END_TEST

static void *use(void *argument)
{
    atomic_bool *ends = argument;
    while (!atomic_load(ends)) {
        struct sandbox *sandbox = sandboxes_find(rig.sandboxes, "one", 3);
        if (sandbox == NULL)
            continue;
        unsigned side;
        const struct scene *scene = sandbox_enter(sandbox, &side);
        struct db *db = scene != NULL ? store_acquire(scene->crm.store) : NULL;
        if (db != NULL) {
            ck_assert_int_eq(store_check(db), STORE_OK);
            ck_assert_str_eq(scene->crm.orgs->list[0].name, "Zylker");
            store_release(db);
        }
        sandbox_leave(sandbox, side);
        sandbox_free(sandbox);
    }
    return NULL;
}

static bool put_back(struct sandbox *sandbox)
{
    const char *reason = "";
    const struct scene *scene = sandbox_lock(sandbox);
    bool done = scene != NULL &&
                change_back(sandbox, scene, sandbox_making(sandbox), DATE_TOKENS, &rig.arena, &reason);
    sandbox_unlock(sandbox);
    return done;
}

START_TEST(one_is_made_put_back_and_dropped_while_it_is_used)
{
    atomic_bool ends = false;
    pthread_t threads[READERS];
    for (size_t i = 0; i < READERS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, use, &ends), 0);
    const struct sandbox_wish wish = {.id = "one", .replaces = true};
    for (int i = 0; i < 30; i++) {
        struct sandbox *sandbox = NULL;
        ck_assert_int_eq(make(&wish, &sandbox), MAKING_DONE);
        ck_assert(put_back(sandbox));
        if (i % 3 == 0)
            ck_assert(sandboxes_drop(rig.sandboxes, "one"));
        ck_assert_int_eq(put_back(sandbox), i % 3 != 0);
        sandbox_free(sandbox);
    }
    atomic_store(&ends, true);
    for (size_t i = 0; i < READERS; i++)
        (void)pthread_join(threads[i], NULL);
}
END_TEST

TCase *sandbox_tests(void)
{
    TCase *tests = tcase_create("sandbox");
    tcase_set_timeout(tests, 300);
    tcase_add_checked_fixture(tests, open_rig, close_rig);
    tcase_add_test(tests, sandboxes_are_made_found_and_dropped);
    tcase_add_test(tests, those_with_the_same_metadata_share_it);
    tcase_add_test(tests, one_is_made_put_back_and_dropped_while_it_is_used);
    return tests;
}

TCase *credential_tests(void)
{
    TCase *tests = tcase_create("credential");
    tcase_set_timeout(tests, 300);
    tcase_add_test(tests, what_is_exchanged_is_freed_when_its_readers_have_left);
    tcase_add_loop_test(tests, credentials_name_their_sandbox, 0, COUNT(credentials));
    tcase_add_test(tests, clients_name_their_sandbox);
    return tests;
}
