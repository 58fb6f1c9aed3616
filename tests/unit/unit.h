/* The unit tests' suites, one a room, and what they share. */
#ifndef CRMOCK_UNIT_H
#define CRMOCK_UNIT_H

#include <check.h>

#include "base/log.h"
#include "store/org.h"
#include "store/store.h"

/* The tag of tests that take seconds, of which valgrind would make minutes: there they are left out. */
#define LONG_TESTS "long"
/* Of those that run out of descriptors: valgrind, which keeps the limit itself, accepts a connection
 * and drops it. */
#define DESCRIPTOR_TESTS "descriptors"

Suite *base_suite(void);
Suite *store_suite(void);
Suite *fixtures_suite(void);
Suite *crm_suite(void);
Suite *api_suite(void);
Suite *jobs_suite(void);
Suite *http_suite(void);
Suite *proxy_suite(void);
Suite *control_suite(void);
Suite *app_suite(void);
Suite *faults_suite(void);
Suite *traffic_suite(void);
Suite *tls_suite(void);
Suite *anonymous_suite(void);
Suite *import_suite(void);

/* Of the suite of base. */
TCase *nearest_tests(void);
/* Of the suite of store. */
TCase *memory_tests(void);
TCase *cache_tests(void);
TCase *lists_tests(void);
TCase *deliveries_tests(void);
/* Of the suite of crm. */
TCase *mapping_tests(void);
TCase *records_tests(void);
TCase *changes_tests(void);
TCase *many_changes_tests(void);
TCase *steering_tests(void);
TCase *turns_tests(void);
TCase *many_jobs_tests(void);
TCase *webhooks_tests(void);
TCase *limits_tests(void);
/* Of the suite of api. */
TCase *oauth_tests(void);
TCase *rules_tests(void);
/* Of the suite of jobs. */
TCase *pool_tests(void);
TCase *hammer_tests(void);
TCase *bell_tests(void);
/* Of the suite of http. */
TCase *later_tests(void);
TCase *feed_tests(void);
TCase *address_tests(void);
TCase *idle_tests(void);
/* Of the suite of proxy. */
TCase *connect_tests(void);
TCase *proxy_limit_tests(void);
TCase *proxy_descriptor_tests(void);
/* Of the suite of traffic. */
TCase *drip_tests(void);
TCase *journal_tests(void);
TCase *mask_tests(void);
TCase *planned_tests(void);
TCase *events_tests(void);
/* Of the suite of faults. */
TCase *writes_tests(void);
/* Of the suite of tls. */
TCase *tls_folder_tests(void);
TCase *tls_spoiled_tests(void);
TCase *tls_own_tests(void);
/* Of the suite of anonymous. */
TCase *pseudonyms_tests(void);
TCase *crowds_tests(void);
/* Of the suite of app. */
TCase *sandbox_tests(void);
TCase *credential_tests(void);
TCase *parity_tests(void);
TCase *convert_tests(void);

/* A log that goes nowhere. */
extern struct log quiet_log;

/* A store with the built-in fixtures, or those of a folder, and its metadata: in memory, or in a file
 * of a folder of its own. End it with test_store_close. In memory, nobody else gets a connection. */
struct test_store {
    struct store *store;
    struct db *db;
    struct orgs orgs;
    const struct org *org; /* the first, of the built-in ones the enterprise one */
    const char *folder;    /* of one that lasts, else NULL */
    struct arena arena;
};
void test_store_open_lasting(struct test_store *test);
void test_store_open(struct test_store *test);
void test_store_open_with(struct test_store *test, const char *folder);
/* Gives the connection to whoever asks next: the test has none from here on. */
void test_store_lend(struct test_store *test);
void test_store_close(struct test_store *test);

#endif
