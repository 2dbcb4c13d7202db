"""Backup, restore, doctor, and erasing people.

Public: backup, archive, encrypting, restoring, erasing, doctor.doctor, doctor.diagnosis.
"""
