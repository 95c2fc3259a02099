#!/bin/sh
# Stands for a job that ends.
exec sleep 1000
