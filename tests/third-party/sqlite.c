// Exercises SQLite in memory and in a file in the folder given; prints only what must be equal everywhere.
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

static int print_row(void *unused, int columns, char **values, char **names) {
    (void)unused;
    for (int i = 0; i < columns; i++) printf("%s%s=%s", i ? "|" : "", names[i], values[i] ? values[i] : "NULL");
    putchar('\n');
    return 0;
}

static void run(sqlite3 *db, const char *sql) {
    char *message = NULL;
    int code = sqlite3_exec(db, sql, print_row, NULL, &message);
    if (code != SQLITE_OK) printf("code %d: %s\n", code, message ? message : "?");
    sqlite3_free(message);
}

static void exercise(const char *path) {
    sqlite3 *db;
    int code = sqlite3_open(path, &db);
    printf("open: %d\n", code);
    if (code != SQLITE_OK) exit(1);
    run(db, "PRAGMA journal_mode=DELETE");
    run(db, "CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT NOT NULL, score REAL)");
    run(db, "BEGIN; WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<20000) "
            "INSERT INTO t SELECT i, printf('name-%05d', (i*7919)%20000), (i*31%1000)/8.0 FROM n; COMMIT");
    run(db, "SELECT count(*) AS c, sum(id) AS s, round(avg(score),6) AS a, min(name) AS lo, max(name) AS hi FROM t");
    run(db, "CREATE INDEX by_name ON t(name)");
    run(db, "SELECT id, name FROM t WHERE name BETWEEN 'name-00100' AND 'name-00103' ORDER BY name, id");
    run(db, "UPDATE t SET score = score * 1.5 WHERE id % 3 = 0; DELETE FROM t WHERE id % 5 = 0");
    run(db, "SELECT count(*) AS c, printf('%.6f', total(score)) AS s FROM t");
    run(db, "SELECT name, row_number() OVER (ORDER BY score DESC, id) AS place FROM t LIMIT 3");
    run(db, "CREATE VIRTUAL TABLE f USING fts5(body); INSERT INTO f VALUES('the quick brown fox'),('lazy dogs sleep')");
    run(db, "SELECT rowid, highlight(f,0,'[',']') AS h FROM f WHERE f MATCH 'quick OR sleep' ORDER BY rowid");
    run(db, "CREATE VIRTUAL TABLE r USING rtree(id,x0,x1,y0,y1); INSERT INTO r VALUES(1,0,2,0,2),(2,5,6,5,6)");
    run(db, "SELECT id FROM r WHERE x1>=1 AND x0<=3");
    run(db, "SELECT json_extract('{\"a\":[1,2,{\"b\":3}]}','$.a[2].b') AS j");
    run(db, "INSERT INTO t(id,name) VALUES(1,'again')");
    run(db, "BEGIN; DELETE FROM t; ROLLBACK; SELECT count(*) AS kept FROM t");
    run(db, "VACUUM; PRAGMA integrity_check");
    printf("close: %d\n", sqlite3_close(db));
}

int main(int argc, char **argv) {
    printf("%s\n", sqlite3_libversion());
    exercise(":memory:");
    char path[4096];
    snprintf(path, sizeof path, "%s/test.db", argc > 1 ? argv[1] : ".");
    exercise(path);
    return 0;
}
