package main
var redisCells = map[string]cell{}
