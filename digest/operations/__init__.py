"""Backup, restore, doctor, and erasing people.

Public: backup, archive, restoring, erasing, doctor.doctor, doctor.diagnosis.
"""
