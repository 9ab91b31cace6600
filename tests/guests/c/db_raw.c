// Speaks three databases' own protocols through the C library's sockets, and logs in without a password.
//
// `db_raw postgres [user]` start-up, `SELECT 1`, Terminate; `db_raw redis <key>` PING, SET, GET, DEL, QUIT;
// `db_raw mysql` greeting, login with an empty answer, COM_QUERY, COM_QUIT. The database is in DB_HOST, DB_PORT,
// DB_NAME, DB_USER, and for Redis DB_PASSWORD when it is asked directly.

#include <netdb.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int connection;

static void fail(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "error: ");
    vfprintf(stderr, format, arguments);
    fprintf(stderr, "\n");
    va_end(arguments);
    exit(1);
}

static const char *setting(const char *name, const char *otherwise) {
    const char *value = getenv(name);
    return value ? value : otherwise;
}

static void open_connection(void) {
    struct addrinfo hints = { .ai_family = AF_INET, .ai_socktype = SOCK_STREAM }, *found;
    const char *host = setting("DB_HOST", "localhost"), *port = setting("DB_PORT", "5432");
    int code = getaddrinfo(host, port, &hints, &found);
    if (code != 0) fail("%s: %s", host, gai_strerror(code));
    connection = socket(AF_INET, SOCK_STREAM, 0);
    if (connection < 0 || connect(connection, found->ai_addr, found->ai_addrlen) != 0) {
        perror("connect");
        exit(1);
    }
    freeaddrinfo(found);
}

static void send_all(const void *bytes, size_t length) {
    const char *next = bytes;
    while (length > 0) {
        ssize_t count = send(connection, next, length, 0);
        if (count <= 0) fail("the connection takes no more");
        next += count;
        length -= (size_t)count;
    }
}

static void receive_all(void *bytes, size_t length) {
    char *next = bytes;
    while (length > 0) {
        ssize_t count = recv(connection, next, length, 0);
        if (count <= 0) fail("the connection ended");
        next += count;
        length -= (size_t)count;
    }
}

// A message that is put together, and a body that was received, with a zero behind it.
static unsigned char message[4096], body[65536];
static size_t used;

static void put(const void *bytes, size_t length) {
    if (used + length > sizeof message) fail("a message that is too long");
    memcpy(message + used, bytes, length);
    used += length;
}

static void put_text(const char *text) { put(text, strlen(text) + 1); }

static void put_big(uint32_t number) {
    unsigned char bytes[4] = { number >> 24, number >> 16, number >> 8, number };
    put(bytes, sizeof bytes);
}

// PostgreSQL: a byte that is the kind, four for the length with themselves, the body.

static uint32_t body_length;

static char receive_postgres(void) {
    unsigned char head[5];
    receive_all(head, sizeof head);
    body_length = ((uint32_t)head[1] << 24 | head[2] << 16 | head[3] << 8 | head[4]) - 4;
    if (body_length >= sizeof body) fail("a body of %u bytes", (unsigned)body_length);
    receive_all(body, body_length);
    body[body_length] = 0;
    if (head[0] != 'E') return (char)head[0];
    for (char *field = (char *)body; *field; field += strlen(field) + 1) {
        if (*field == 'M') fail("the server says: %s", field + 1);
    }
    fail("the server says something without a text");
    return 'E';
}

static void postgres(void) {
    used = 4;
    put_big(196608);
    put_text("user");
    put_text(setting("DB_USER", "app"));
    put_text("database");
    put_text(setting("DB_NAME", "app"));
    put("", 1);
    size_t length = used;
    used = 0;
    put_big((uint32_t)length);
    send_all(message, length);

    int parameters = 0, has_key = 0;
    for (char kind; (kind = receive_postgres()) != 'Z';) {
        if (kind == 'R' && body[3] != 0) fail("the server wants to log in by method %d", body[3]);
        parameters += kind == 'S';
        has_key |= kind == 'K';
    }
    printf("logged in, parameters %s, cancel key %s\n", parameters > 5 ? "many" : "few", has_key ? "yes" : "no");

    const char query[] = "SELECT 1";
    used = 0;
    put("Q", 1);
    put_big(4 + sizeof query);
    put_text(query);
    send_all(message, used);
    for (char kind; (kind = receive_postgres()) != 'Z';) {
        if (kind == 'D') printf("row %.*s\n", body[5], body + 6);
        if (kind == 'C') printf("%s\n", (char *)body);
    }
    printf("state %c\n", body[0]);
    send_all("X\0\0\0\4", 5);
}

// Redis: lines, and texts with their length in front.

static void line(char *text, size_t room) {
    size_t length = 0;
    for (char byte; receive_all(&byte, 1), byte != '\n';) {
        if (length + 1 < room && byte != '\r') text[length++] = byte;
    }
    text[length] = 0;
}

// Sends words, up to a null pointer, and prints the answer.
static void ask(const char *word, ...) {
    const char *words[4];
    int count = 0;
    va_list arguments;
    va_start(arguments, word);
    for (const char *next = word; next; next = va_arg(arguments, const char *)) words[count++] = next;
    va_end(arguments);
    char text[512];
    send_all(text, (size_t)snprintf(text, sizeof text, "*%d\r\n", count));
    for (int i = 0; i < count; i++) {
        send_all(text, (size_t)snprintf(text, sizeof text, "$%zu\r\n%s\r\n", strlen(words[i]), words[i]));
    }
    line(text, sizeof text);
    if (text[0] == '-') fail("the server says: %s", text + 1);
    if (text[0] == '$' && strcmp(text, "$-1") != 0) line(text, sizeof text);
    // What a login answers is not what this program shows.
    if (strcmp(word, "AUTH") != 0) printf("%s %s\n", word, text);
}

static void redis(const char *key) {
    const char *password = getenv("DB_PASSWORD");
    if (password) ask("AUTH", setting("DB_USER", "default"), password, NULL);
    ask("PING", NULL);
    ask("SET", key, "from C", NULL);
    ask("GET", key, NULL);
    ask("DEL", key, NULL);
    ask("GET", key, NULL);
    ask("QUIT", NULL);
}

// MySQL: three bytes for the length, least significant first, a number that counts, the body.

static unsigned char number;

static void send_mysql(void) {
    unsigned char head[4] = { used, used >> 8, used >> 16, number++ };
    send_all(head, sizeof head);
    send_all(message, used);
}

static void receive_mysql(void) {
    unsigned char head[4];
    receive_all(head, sizeof head);
    body_length = head[0] | head[1] << 8 | (uint32_t)head[2] << 16;
    number = head[3] + 1;
    if (body_length >= sizeof body) fail("a body of %u bytes", (unsigned)body_length);
    receive_all(body, body_length);
    body[body_length] = 0;
    if (body_length > 3 && body[0] == 0xff) fail("the server says: %s", (char *)body + 3);
}

static void mysql(void) {
    receive_mysql();
    if (body[0] != 10) fail("a greeting of version %d", body[0]);
    const char *version = (char *)body + 1;
    // Behind the version: thread id (4), challenge (8), zero (1), low capabilities (2).
    const unsigned char *rest = body + 1 + strlen(version) + 1;
    printf("greeting, version %s, challenge %s\n", strlen(version) > 2 ? "yes" : "no", rest[12] == 0 ? "yes" : "no");

    // LONG_PASSWORD, CONNECT_WITH_DB, PROTOCOL_41, TRANSACTIONS, SECURE_CONNECTION, PLUGIN_AUTH; 16 MiB; utf8mb4.
    const unsigned char start[32] = { 0x09, 0xa2, 0x08, 0x00, 0, 0, 0, 1, 45 };
    used = 0;
    put(start, sizeof start);
    put_text(setting("DB_USER", "app"));
    put("", 1);
    put_text(setting("DB_NAME", "app"));
    put_text("mysql_native_password");
    send_mysql();
    for (receive_mysql(); body[0] != 0; receive_mysql()) {
        // Another method of login: the answer is empty as well.
        used = 0;
        if (body[0] == 0xfe) send_mysql();
    }
    printf("logged in\n");

    number = 0;
    used = 0;
    put("\3SELECT 6 * 7", 13);
    send_mysql();
    receive_mysql();
    // Descriptions of so many columns, their end, then rows up to the end of them.
    for (int columns = body[0]; columns >= 0; columns--) receive_mysql();
    for (receive_mysql(); body[0] != 0xfe; receive_mysql()) printf("row %.*s\n", body[0], body + 1);

    number = 0;
    used = 0;
    put("\1", 1);
    send_mysql();
}

int main(int count, char **arguments) {
    const char *protocol = count > 1 ? arguments[1] : "";
    open_connection();
    if (strcmp(protocol, "postgres") == 0) postgres();
    else if (strcmp(protocol, "redis") == 0 && count > 2) redis(arguments[2]);
    else if (strcmp(protocol, "mysql") == 0) mysql();
    else fail("db_raw postgres | redis <key> | mysql");
    close(connection);
    return 0;
}
