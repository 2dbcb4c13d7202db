"""Backup, restore, doctor, and erasing people.

Public: backup, archive, encrypting, restoring, erasing, moving, doctor.doctor, doctor.diagnosis.
"""
