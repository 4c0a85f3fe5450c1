package main

func tree() {}
