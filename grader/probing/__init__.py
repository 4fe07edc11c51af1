"""Calls the functions of a student's notebook on fresh inputs, in the student's own kernel, and keeps what they return.

The inputs are made outside the sandbox. What comes back is data, and a claim.
"""
