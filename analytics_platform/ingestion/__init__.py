"""The bytes of one delivered file become accepted rows, rejected rows with reasons, and an account of both.

Pure code: no orchestration, no lake, no ledger, no environment.
"""
