package main

import (
	"context"
	"fmt"
	"net"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

var redisCells = map[string]cell{
	"connect":               redisConnect,
	"reuse":                 redisReuse,
	"prepared":              redisPrepared,
	"pipeline":              redisPipeline,
	"copy":                  redisCopy,
	"listen":                redisListen,
	"cancel":                redisCancel,
	"tls":                   redisTLS,
	"transaction-left-open": redisTransactionLeftOpen,
	"wrong-password":        redisWrongPassword,
	"server-restart":        redisServerRestart,
}

// redisConn is one connection of a pool of its own.
type redisConn struct {
	*redis.Conn
	pool *redis.Client
}

func redisOpen(s settings) (redisConn, error) {
	database, err := strconv.Atoi(s.database)
	if err != nil {
		return redisConn{}, fmt.Errorf("`$DRIVER_DATABASE` is `%s`, for Redis it is a number", s.database)
	}
	options := &redis.Options{
		Network: "tcp", Addr: net.JoinHostPort(s.host, s.port), Username: s.user, Password: s.password, DB: database,
		// What fails is reported instead of tried again.
		MaxRetries: -1,
	}
	if s.socket != "" {
		options.Network, options.Addr = "unix", s.socket
	}
	if options.TLSConfig, err = s.tlsConfig(); err != nil {
		return redisConn{}, err
	}
	pool := redis.NewClient(options)
	return redisConn{pool.Conn(), pool}, nil
}

func (c redisConn) close() error {
	return first(c.Conn.Close(), c.pool.Close())
}

func redisConnect(ctx context.Context, s settings) (string, error) {
	conn, err := redisOpen(s)
	if err != nil {
		return "", err
	}
	defer conn.close()
	key, value := unique("connect"), "grün\r\n\x00"
	if err := conn.Set(ctx, key, value, time.Minute).Err(); err != nil {
		return "", err
	}
	got, err := conn.Get(ctx, key).Result()
	if err := first(err, same("the value", got, value)); err != nil {
		return "", err
	}
	deleted, err := conn.Del(ctx, key).Result()
	return "", first(err, same("deleted keys", deleted, 1))
}

// Id, name, database and transaction of a connection.
var redisInfo = regexp.MustCompile(`\bid=(\d+) .* name=(\S*) .* db=(\d+) .* multi=(-?\d+) `)

func redisReuse(ctx context.Context, s settings) (string, error) {
	sessions := map[string]bool{}
	for range passes {
		conn, err := redisOpen(s)
		if err != nil {
			return "", err
		}
		said, err := conn.Do(ctx, "client", "info").Text()
		if err != nil {
			return "", err
		}
		info := redisInfo.FindStringSubmatch(said)
		if info == nil {
			return "", fmt.Errorf("CLIENT INFO says `%s`", said)
		}
		sessions[info[1]] = true
		err = first(
			same("whether a new connection has the trace's name", info[2] == "driver_trace", false),
			same("database and transaction of a new connection", info[3]+" "+info[4], s.database+" -1"),
			conn.ClientSetName(ctx, "driver_trace").Err(),
			conn.Do(ctx, "watch", "driver_trace").Err(),
			conn.Select(ctx, 7).Err(),
			conn.close(),
		)
		if err != nil {
			return "", err
		}
	}
	return reuseFact(sessions), nil
}

func redisPrepared(context.Context, settings) (string, error) {
	return "", unsupported("Redis has no prepared statements")
}

func redisPipeline(ctx context.Context, s settings) (string, error) {
	conn, err := redisOpen(s)
	if err != nil {
		return "", err
	}
	defer conn.close()
	key := unique("pipeline")
	// The one that adds to a text fails alone.
	pipeline := conn.Pipeline()
	pipeline.Set(ctx, key+"_text", "word", time.Minute)
	wrong := pipeline.Incr(ctx, key+"_text")
	var sums []*redis.IntCmd
	for range queries {
		sums = append(sums, pipeline.Incr(ctx, key))
	}
	deleted := pipeline.Del(ctx, key, key+"_text")
	pipeline.Exec(ctx)
	if wrong.Err() == nil || !strings.Contains(wrong.Err().Error(), "not an integer") {
		return "", fmt.Errorf("adding to a text: the error is %v", wrong.Err())
	}
	for number, sum := range sums {
		if err := first(sum.Err(), same("the sum", sum.Val(), int64(number+1))); err != nil {
			return "", err
		}
	}
	return "", first(deleted.Err(), same("deleted keys", deleted.Val(), 2))
}

func redisCopy(context.Context, settings) (string, error) {
	return "", unsupported("Redis has no bulk copy")
}

func redisListen(ctx context.Context, s settings) (string, error) {
	conn, err := redisOpen(s)
	if err != nil {
		return "", err
	}
	defer conn.close()
	channel := unique("listen")
	listener := conn.pool.Subscribe(ctx, channel)
	defer listener.Close()
	if _, err := listener.ReceiveTimeout(ctx, 10*time.Second); err != nil {
		return "", err
	}
	for _, word := range []string{"first", "second"} {
		heard, err := conn.Publish(ctx, channel, word).Result()
		if err := first(err, same("listeners", heard, 1)); err != nil {
			return "", err
		}
		said, err := listener.ReceiveTimeout(ctx, 10*time.Second)
		if err != nil {
			return "", fmt.Errorf("waiting for the message: %w", err)
		}
		message, is := said.(*redis.Message)
		if !is || message.Channel != channel || message.Payload != word {
			return "", fmt.Errorf("instead of the message came %v", said)
		}
	}
	return "", nil
}

func redisCancel(ctx context.Context, s settings) (string, error) {
	conn, err := redisOpen(s)
	if err != nil {
		return "", err
	}
	defer conn.close()
	watcher, err := redisOpen(s)
	if err != nil {
		return "", err
	}
	defer watcher.close()
	id, err := conn.ClientID(ctx).Result()
	if err != nil {
		return "", err
	}
	waited := make(chan error, 1)
	go func() { waited <- conn.BLPop(ctx, 40*time.Second, unique("cancel")).Err() }()
	err = until(ctx, "the command waits", func(ctx context.Context) (bool, error) {
		unblocked, err := watcher.ClientUnblockWithError(ctx, id).Result()
		return unblocked == 1, err
	})
	if err != nil {
		return "", err
	}
	select {
	case err := <-waited:
		if err == nil || !strings.HasPrefix(err.Error(), "UNBLOCKED") {
			return "", fmt.Errorf("the error is %v", err)
		}
	case <-time.After(20 * time.Second):
		return "", fmt.Errorf("the command was not unblocked within 20 s")
	}
	pong, err := conn.Ping(ctx).Result()
	return "", first(err, same("the next answer", pong, "PONG"))
}

func redisTLS(ctx context.Context, s settings) (string, error) {
	other, err := s.withOtherCA()
	if err != nil {
		return "", err
	}
	if _, err := redisConnect(ctx, s); err != nil {
		return "", err
	}
	_, err = redisConnect(ctx, other)
	if err == nil {
		return "", fmt.Errorf("a certificate of another authority was taken")
	}
	if !strings.Contains(err.Error(), "certificate") {
		return "", fmt.Errorf("not refused for the certificate: %w", err)
	}
	return "", nil
}

func redisTransactionLeftOpen(ctx context.Context, s settings) (string, error) {
	key := unique("transaction")
	conn, err := redisOpen(s)
	if err != nil {
		return "", err
	}
	if err := conn.Do(ctx, "multi").Err(); err != nil {
		return "", err
	}
	queued, err := conn.Do(ctx, "set", key, "inside").Text()
	if err := first(err, same("the answer inside", queued, "QUEUED"), conn.close()); err != nil {
		return "", err
	}
	second, err := redisOpen(s)
	if err != nil {
		return "", err
	}
	defer second.close()
	if value, err := second.Get(ctx, key).Result(); err != redis.Nil {
		return "", fmt.Errorf("the key is there, or the connection is in a transaction: %q, %v", value, err)
	}
	set, err := second.Set(ctx, key, "outside", time.Minute).Result()
	return "", first(err, same("the answer outside", set, "OK"), second.Del(ctx, key).Err())
}

func redisWrongPassword(ctx context.Context, s settings) (string, error) {
	_, err := redisConnect(ctx, s.withWrongPassword())
	if err == nil {
		return "", fmt.Errorf("a wrong password was taken")
	}
	if !strings.Contains(err.Error(), "WRONGPASS") {
		return "", fmt.Errorf("the error is %w", err)
	}
	return redisConnect(ctx, s)
}

func redisServerRestart(ctx context.Context, s settings) (string, error) {
	conn, err := redisOpen(s)
	if err != nil {
		return "", err
	}
	defer conn.close()
	pong, err := conn.Ping(ctx).Result()
	if err := first(err, same("the answer before", pong, "PONG")); err != nil {
		return "", err
	}
	// The driver connects again by itself, so a command is under way when the server stops.
	waited := make(chan error, 1)
	go func() { waited <- conn.BLPop(ctx, 40*time.Second, unique("restart")).Err() }()
	if err := s.restartServer(); err != nil {
		return "", err
	}
	select {
	case err := <-waited:
		if err == nil {
			return "", fmt.Errorf("the connection outlived the server")
		}
	case <-time.After(10 * time.Second):
		return "", fmt.Errorf("no error within 10 s")
	}
	return "", eventually(ctx, "a new connection", func(ctx context.Context) error {
		_, err := redisConnect(ctx, s)
		return err
	})
}
